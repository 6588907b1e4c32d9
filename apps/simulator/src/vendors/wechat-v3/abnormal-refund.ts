import { z } from "zod";

import { findRefund } from "../../desk/find-payment.ts";
import type { Asked } from "./answering.ts";
import type { WechatHouse } from "./house.ts";
import { refundSaid } from "./refund-words.ts";
import { type Reply, done, read, refused } from "./reply.ts";

const toMerchant = z.object({ out_refund_no: z.string(), type: z.literal("MERCHANT_BANK_CARD") });
const toBuyer = z.object({
  out_refund_no: z.string(),
  type: z.literal("USER_BANK_CARD"),
  bank_type: z.string().max(16),
  /** Encrypted under the platform's key; it goes nowhere, so it is not opened. */
  bank_account: z.string().min(1).max(1_024),
  real_name: z.string().min(1).max(1_024),
});
const input = z.discriminatedUnion("type", [toMerchant, toBuyer]);

/**
 * Sends a refund that could not be returned on its way once more, to a bank card (WeChat Pay v3 "发起异常退款"). It keeps
 * its numbers, and ends as refunds of its payment do from now on.
 */
export function applyAbnormalRefund(house: WechatHouse, { body, path }: Asked): Reply {
  const reading = read(input, body, "body");
  if (!reading.ok) return reading.reply;
  const found = findRefund(house, reading.asked.out_refund_no);
  if (found === undefined || found.refund.refundId !== path["refundId"]) {
    return refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
  }
  const { kind: _kind, standing, ...asked } = found.refund;
  if (standing.status !== "ABNORMAL") return refused(400, "INVALID_REQUEST", "退款单状态非退款异常，不可发起异常退款");
  return done(refundSaid(found.payment, house.refundDesk.take(asked, "later")));
}
