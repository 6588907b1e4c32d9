import { download } from "../exchange.ts";
import type { Outside, StatementAnswer } from "../gateway.ts";
import type { WechatV2Account } from "./account.ts";
import { questionOf, unknown } from "./ask.ts";
import { readFlatXml } from "./flat-xml.ts";

const day = /^\d{4}-\d\d-\d\d$/;
const maximumFailureBytes = 65_536;
/** `error_code` of a day without a bill (WeChat Pay v2 "下载交易账单"). */
const noBillCode = "20002";
const noBillMessage = /^no bill exist$/i;

/**
 * The bill of one day (WeChat Pay v2 "下载交易账单"): plain CSV, or XML that says why not, told apart by its first byte.
 * Neither is signed nor has a digest, so the file is compared with our book and never written from.
 */
export async function downloadStatement(
  account: WechatV2Account,
  date: string,
  outside: Outside,
): Promise<StatementAnswer> {
  if (!day.test(date)) return unknown("the date is not yyyy-mm-dd");
  try {
    const words = { bill_date: date.replaceAll("-", ""), bill_type: "ALL" };
    const answer = await download(outside, questionOf(account, "/pay/downloadbill", words));
    if (answer.kind !== "downloaded") return unknown(answer.why);
    return await sniff(answer.file[Symbol.asyncIterator]());
  } catch (error) {
    return unknown(String(error));
  }
}

async function sniff(chunks: AsyncIterator<Uint8Array>): Promise<StatementAnswer> {
  let first = await chunks.next();
  while (first.done !== true && first.value.length === 0) first = await chunks.next();
  if (first.done === true) return unknown("the file is empty");
  if (first.value[0] !== "<".charCodeAt(0)) return { kind: "downloaded", file: resumed(first.value, chunks) };
  return readFailure(await rest(first.value, chunks));
}

async function* resumed(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

async function rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of resumed(first, chunks)) {
    bytes += chunk.byteLength;
    if (bytes > maximumFailureBytes) throw new Error("the answer is neither a bill nor a short refusal");
    read.push(chunk);
  }
  return Buffer.concat(read);
}

function readFailure(body: Uint8Array): StatementAnswer {
  const said = readFlatXml(body, "xml");
  const why = said?.get("return_msg") ?? "no reason";
  const hasNone = said?.get("error_code") === noBillCode || noBillMessage.test(why);
  return hasNone ? { kind: "not_ready", why } : unknown(`WeChat said ${why}`);
}
