import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

import { beijingText } from "./beijing.ts";
import { billLines, detailText, summaryText } from "./bill.ts";
import { encode } from "./charset.ts";
import type { AlipayHouse } from "./house.ts";

const gbk = "gbk";

/** The zip of a day (`yyyy-MM-dd`) or month (`yyyy-MM`): the detail file and its summary. Names and text are GBK. */
export async function billArchive(house: AlipayHouse, date: string): Promise<Uint8Array<ArrayBuffer>> {
  const lines = billLines(house, date);
  const heading = { account: `${house.account.seller_id}0156`, date, exportedAt: beijingText(house.now()) };
  const name = `${heading.account}_${date.replaceAll("-", "")}_业务明细`;

  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    encodeText: (text) => encode(text, gbk),
    useUnicodeFileNames: false,
    useWebWorkers: false,
  });
  await zip.add(`${name}.csv`, new Uint8ArrayReader(encode(detailText(lines, heading), gbk)));
  await zip.add(`${name}(汇总).csv`, new Uint8ArrayReader(encode(summaryText(lines, heading), gbk)));
  return zip.close();
}
