import { Decimal, formatAmount } from "@zhanggui/domain";
import { z } from "zod";

import { type Folder, hasRoomForRefund } from "../book/folders.ts";
import type { Refund } from "../book/records.ts";
import { amount, idText } from "../fields.ts";
import { type Call, type CallAnswer, failure, notFound, success } from "./call.ts";
import { newRefundId } from "./numbers.ts";

const maximumReason = 256;

const input = z.object({
  out_trade_no: idText,
  out_refund_no: idText,
  amount,
  refund_amount: amount,
  reason: z.string().max(maximumReason).default(""),
  notify_url: z.url({ protocol: /^https?$/ }),
});

type RefundAsked = z.infer<typeof input>;

/** Takes a refund on once for each number, never beyond what was paid, and leaves it to the refund desk to settle. */
export const refund: Call<RefundAsked> = {
  input,
  answer({ book, refundDesk, now }, { provider }, asked) {
    const known = book.findRefund(provider, asked.out_refund_no);
    if (known) {
      return isSame(known, asked) ? refundAnswer(known) : failure(`${asked.out_refund_no} was another refund`);
    }
    const folder = book.find(provider, asked.out_trade_no);
    if (!folder) return notFound;
    const refusal = refusalOf(folder, asked.refund_amount);
    if (refusal !== undefined) return failure(refusal);

    const at = now();
    const taken = refundDesk.take({
      provider,
      outTradeNo: asked.out_trade_no,
      outRefundNo: asked.out_refund_no,
      refundId: newRefundId(at),
      refundAmount: formatAmount(asked.refund_amount),
      reason: asked.reason,
      notifyUrl: asked.notify_url,
      createdAt: at.toISOString(),
    });
    return refundAnswer(taken);
  },
};

export function refundAnswer(known: Refund): CallAnswer {
  return success({
    out_trade_no: known.outTradeNo,
    out_refund_no: known.outRefundNo,
    refund_id: known.refundId,
    refund_amount: known.refundAmount,
    refund_status: known.standing.status,
  });
}

function isSame(known: Refund, asked: RefundAsked): boolean {
  return known.outTradeNo === asked.out_trade_no && known.refundAmount === formatAmount(asked.refund_amount);
}

function refusalOf(folder: Folder, wanted: Decimal): string | undefined {
  const { standing } = folder.payment;
  if (standing.status !== "SUCCESS") return "the payment is not paid";
  const returned = [...folder.refunds.values()].reduce((sum, each) => sum.plus(each.refundAmount), new Decimal(0));
  if (returned.plus(wanted).greaterThan(standing.paid)) return "refunds would exceed what was paid";
  return hasRoomForRefund(folder) ? undefined : "the payment has too many refunds";
}
