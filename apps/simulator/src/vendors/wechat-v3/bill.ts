import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import type { Context } from "hono";
import { z } from "zod";

import { type Asked, refusalOf } from "./answering.ts";
import { writeBill } from "./bill-file.ts";
import type { BillShelf } from "./bill-shelf.ts";
import type { WechatHouse } from "./house.ts";
import { type Reply, done, read, refused } from "./reply.ts";

const input = z.object({
  bill_date: z.iso.date(),
  bill_type: z.enum(["ALL", "SUCCESS", "REFUND"]).default("ALL"),
  tar_type: z.literal("GZIP").optional(),
});

/**
 * Says where the trade bill of a day is, and the SHA-1 of the unpacked file (WeChat Pay v3 "申请交易账单"). The real one is
 * there from ten o'clock on the next day; here today's is there at once, so that a rehearsal need not wait for the night.
 */
export function askTradeBill(house: WechatHouse, shelf: BillShelf, { query, request }: Asked): Reply {
  const reading = read(input, query, "query");
  if (!reading.ok) return reading.reply;
  const { bill_date: date, bill_type: type, tar_type: packing } = reading.asked;
  const text = writeBill(house, { date, type });
  if (text === undefined) return refused(400, "NO_STATEMENT_EXIST", "账单文件不存在");

  const file = Buffer.from(text);
  const token = shelf.put(packing === "GZIP" ? gzipSync(file) : file);
  return done({
    hash_type: "SHA1",
    hash_value: createHash("sha1").update(file).digest("hex"),
    download_url: downloadUrlOf(request, token),
  });
}

/** The file itself: the request is signed as every other, the answer is not. */
export function downloadBill(house: WechatHouse, shelf: BillShelf, c: Context): Response {
  const unauthentic = refusalOf(house, c, new Uint8Array());
  if (unauthentic !== undefined) return unauthentic;
  const file = shelf.find(c.req.query("token") ?? "");
  return file === undefined
    ? c.json({ code: "INVALID_REQUEST", message: "下载链接无效或已过期" }, 400)
    : c.body(file, 200, { "content-type": "application/octet-stream" });
}

/** Beside the path that was asked, under the same name and prefix. */
function downloadUrlOf(request: Request, token: string): string {
  const url = new URL("../billdownload/file", request.url);
  url.searchParams.set("token", token);
  return url.href;
}
