import { promisify } from "node:util";
import { inflate } from "node:zlib";

import { download } from "../exchange.ts";
import type { Outside, StatementAnswer } from "../gateway.ts";
import { readBase64 } from "../reading/base64.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";
import { maximumArchiveBytes, openZip } from "../reading/zip.ts";
import type { UnionpayAccount } from "./account.ts";
import { type Answer, believe, noKey, unknown } from "./ask.ts";
import { beijingText, questionOf, signedRequest } from "./request.ts";

const inflated = promisify(inflate);

/** The archive as base64, and the fields around it. */
const maximumAnswerBytes = Math.ceil((maximumArchiveBytes * 4) / 3) + 256 * 1024;

/** UnionPay keeps files for some months, and is told a day without its year: an older day would be this year's. */
const longestAgeMs = 330 * 24 * 60 * 60 * 1000;

const made = "00";
/** 文件不存在: not made yet, or nothing happened that day. */
const noFile = "98";

/** `…ZM_…` holds the day's transactions; `ZME` beside it the exceptions, which are settled by hand. */
const transactionFile = "ZM_";

/**
 * The file of one settlement day, which ends about 23:00 of Beijing (对账文件下载, `txnType` 76): fixed-width GBK lines.
 * It comes inside the signed answer, so that the signature covers it.
 */
export async function downloadStatement(
  account: UnionpayAccount,
  date: string,
  outside: Outside,
): Promise<StatementAnswer> {
  const start = readBeijingTime(`${date} 00:00:00`);
  if (start === undefined) return unknown("the date is not yyyy-mm-dd");
  const now = outside.now();
  if (start > now) return { kind: "not_ready", why: "the day has not begun" };
  if (now.getTime() - start.getTime() > longestAgeMs)
    return unknown("the day is too long ago to be named without a year");

  try {
    const settleDate = date.slice(5).replace("-", "");
    const answer = await askForFile(account, settleDate, outside);
    if (answer.kind === "unknown") return answer;
    if (answer.code === noFile) return { kind: "not_ready", why: answer.why };
    if (answer.code !== made) return unknown(answer.why);
    if (answer.fields.get("settleDate") !== settleDate) return unknown("the answer is about another day");
    return await unpack(answer.fields.get("fileContent") ?? "");
  } catch (error) {
    return unknown(String(error));
  }
}

async function askForFile(account: UnionpayAccount, settleDate: string, outside: Outside): Promise<Answer> {
  const request = signedRequest(account, {
    bizType: "000000",
    txnType: "76",
    txnSubType: "01",
    fileType: "00",
    settleDate,
    txnTime: beijingText(outside.now()),
  });
  if (request === undefined) return noKey;
  const heard = await download(outside, questionOf(account, "fileDownload", request));
  // Whether there is a file is said in signed words alone.
  if (heard.kind !== "downloaded") return unknown(heard.why);

  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of heard.file) {
    bytes += chunk.byteLength;
    if (bytes > maximumAnswerBytes) return unknown(`the answer is larger than ${maximumAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return believe(account, Buffer.concat(chunks), outside.now());
}

/** base64 of a zlib stream of a zip, as UnionPay's SDK unpacks it. Fails when the stream is broken or too large. */
async function unpack(fileContent: string): Promise<StatementAnswer> {
  const packed = readBase64(fileContent);
  if (packed === undefined) return unknown("UnionPay's answer holds no file");
  const archive = await inflated(packed, { maxOutputLength: maximumArchiveBytes });
  const file = openZip(archive, (name) => name.includes(transactionFile));
  return file === undefined ? unknown("the file is no archive of one ZM file") : { kind: "downloaded", file };
}
