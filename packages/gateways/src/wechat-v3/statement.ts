import { createHash } from "node:crypto";
import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

import { z } from "zod";

import { download } from "../exchange.ts";
import type { Outside, StatementAnswer } from "../gateway.ts";
import type { JsonObject } from "../reading/strict-json.ts";
import type { WechatV3Account } from "./account.ts";
import { addressOf, ask, signedQuestion, undecided, unknown } from "./ask.ts";

const day = /^\d{4}-\d\d-\d\d$/;
/** Some million lines; a file beyond it is not a day of ours, whatever it unpacks to. */
const maximumFileBytes = 2 * 1024 ** 3;

const notReady: ReadonlySet<string> = new Set(["NO_STATEMENT_EXIST", "STATEMENT_CREATING"]);

const bill = z.object({
  hash_type: z.literal("SHA1"),
  hash_value: z.string().regex(/^[0-9A-Fa-f]{40}$/),
  download_url: z.url({ protocol: /^https?$/ }),
});

/**
 * The trade bill of one day (WeChat Pay v3 "申请交易账单", "下载账单"). The file itself is not signed: the signed answer
 * before it says the SHA-1 of the unpacked file, so a file that differs ends in an error instead of an end.
 */
export async function downloadStatement(
  account: WechatV3Account,
  date: string,
  outside: Outside,
): Promise<StatementAnswer> {
  if (!day.test(date)) return unknown("the date is not yyyy-mm-dd");
  const path = `/v3/bill/tradebill?bill_date=${date}&bill_type=ALL&tar_type=GZIP`;
  const answer = await ask(account, outside, { method: "GET", path });
  if (answer.kind === "refused" && notReady.has(answer.code)) return { kind: "not_ready", why: answer.why };
  if (answer.kind !== "done") return undecided(answer);
  return downloadBill(account, answer.said, outside);
}

async function downloadBill(account: WechatV3Account, said: JsonObject, outside: Outside): Promise<StatementAnswer> {
  const { data } = bill.safeParse(said);
  if (data === undefined || !isTrustworthy(account, data.download_url)) {
    return unknown("WeChat names no file that can be checked");
  }
  const question = signedQuestion(account, outside.now(), { method: "GET", url: data.download_url });
  if (question === undefined) return unknown("the merchant's private key cannot be read");
  const answer = await download(outside, question);
  if (answer.kind === "downloaded") return { kind: "downloaded", file: unpacked(answer.file, data.hash_value) };
  // WeChat has just said that there is a file: what failed is the way to it.
  return unknown(answer.why);
}

/** Encrypted, or the very address that the operator configured. */
function isTrustworthy(account: WechatV3Account, url: string): boolean {
  const { protocol, origin } = new URL(url);
  return protocol === "https:" || origin === new URL(addressOf(account)).origin;
}

async function* unpacked(file: AsyncIterable<Uint8Array>, sha1: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  pipeline(Readable.from(file), gunzip, (error) => {
    if (error) gunzip.destroy(error);
  });
  const digest = createHash("sha1");
  let bytes = 0;
  for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maximumFileBytes) throw new Error(`the statement is larger than ${maximumFileBytes} bytes`);
    digest.update(chunk);
    yield chunk;
  }
  if (digest.digest("hex") !== sha1.toLowerCase()) throw new Error("the statement is not the file that WeChat named");
}
