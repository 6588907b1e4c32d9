import { createDecipheriv, createHash } from "node:crypto";

import type { Notice, RefundNoticeStatus } from "@zhanggui/domain";
import { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { readBase64 } from "../reading/base64.ts";
import { readBeijingTime } from "../reading/beijing-time.ts";
import { type FlatXml, readFlatXml } from "./flat-xml.ts";
import { currencyText, fenText, idText, present, timeText } from "./payment-notice.ts";

/** `refund_status` (WeChat Pay v2 "退款结果通知"). */
const claims: ReadonlyMap<string, RefundNoticeStatus> = new Map([
  ["SUCCESS", "refund_succeeded"],
  ["CHANGE", "refund_abnormal"],
  ["REFUNDCLOSE", "refund_closed"],
]);

const refund = z.object({
  out_trade_no: idText,
  transaction_id: idText,
  out_refund_no: idText,
  refund_status: z.string().regex(/^[A-Z_]{1,32}$/),
  total_fee: fenText,
  refund_fee: fenText,
  fee_type: currencyText.default("CNY"),
  success_time: timeText.optional(),
});

/** Decrypts `req_info`: AES-256-ECB under the lower-case hexadecimal MD5 of the key, with PKCS#7 padding. */
export function decryptRefund(reqInfo: string, apiV2Key: string): FlatXml | undefined {
  const bytes = readBase64(reqInfo);
  if (bytes === undefined) return undefined;
  const key = createHash("md5").update(apiV2Key).digest("hex");
  const decipher = createDecipheriv("aes-256-ecb", key, null);
  try {
    return readFlatXml(Buffer.concat([decipher.update(bytes), decipher.final()]), "root");
  } catch {
    return undefined;
  }
}

/**
 * Reads what a refund notice claims. Nothing signs it, and ECB lets whole blocks be moved between genuine notices: a
 * claim is worth a query and never a fact (`hintsOfRefunds`).
 */
export function readRefund(fields: FlatXml): Notice | undefined {
  const said = refund.safeParse(present(fields)).data;
  if (said === undefined || Number(said.refund_fee) > Number(said.total_fee)) return undefined;

  const occurredAt = said.success_time === undefined ? undefined : readBeijingTime(said.success_time);
  return noticeOf({
    eventType: "refund",
    outTradeNo: said.out_trade_no,
    transactionId: said.transaction_id,
    amountMinor: Number(said.total_fee),
    currency: said.fee_type,
    outRefundNo: said.out_refund_no,
    refundMinor: Number(said.refund_fee),
    status: claims.get(said.refund_status) ?? "unknown",
    rawStatus: said.refund_status,
    ...(occurredAt === undefined ? {} : { occurredAt }),
  });
}
