import { promisify } from "node:util";
import { deflate } from "node:zlib";

import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { z } from "zod";

import { statementOf } from "../../desk/statement.ts";
import type { Service } from "./answer.ts";
import { settlementDay } from "./beijing-time.ts";
import { beijingTime } from "./fields.ts";
import { isTimely, readWords } from "./read-request.ts";
import { zmFile } from "./zm-file.ts";

const packed = promisify(deflate);

const question = z.object({
  txnType: z.literal("76"),
  txnSubType: z.literal("01"),
  fileType: z.literal("00"),
  settleDate: z.string().regex(/^\d{4}$/),
  txnTime: beijingTime,
});

/**
 * 对账文件下载: base64 of a zlib stream of a zip, and inside of it the ZM file of one settlement day. The day is told
 * without its year: it is the last one of its name.
 */
export const fileDownload: Service = async (house, fields) => {
  const reading = readWords(question, fields);
  if (!reading.ok) return { code: reading.code };
  const { settleDate, txnTime } = reading.words;
  const now = house.now();
  if (!isTimely(txnTime, now)) return { code: "39" };
  const day = lastDayNamed(settleDate, settlementDay(now));
  // What ended in no success stands in another file, with what is settled by hand.
  const lines = statementOf(house, day, settlementDay).filter(({ status }) => status === "SUCCESS");
  if (lines.length === 0) return { code: "98" };

  const compact = day.replaceAll("-", "");
  const { merId } = house.account;
  const name = `INN${compact.slice(2)}88ZM_${merId}`;
  const archive = await zipOf(name, zmFile(house, lines), now);
  const fileContent = (await packed(archive)).toString("base64");
  return { code: "00", fields: { fileContent, fileName: `${merId}_${compact}.zip` } };
};

function lastDayNamed(settleDate: string, today: string): string {
  const [month, date] = [settleDate.slice(0, 2), settleDate.slice(2)];
  const year = Number(today.slice(0, 4));
  const thisYears = `${year}-${month}-${date}`;
  return thisYears <= today ? thisYears : `${year - 1}-${month}-${date}`;
}

async function zipOf(name: string, content: Buffer, lastModDate: Date): Promise<Uint8Array> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await zip.add(name, new Uint8ArrayReader(content), { lastModDate });
  return zip.close();
}
