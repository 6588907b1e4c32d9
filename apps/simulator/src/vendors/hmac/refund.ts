import { z } from "zod";

import type { Refund } from "../../book/records.ts";
import { type RefundRefusal, takeRefund } from "../../desk/take-refund.ts";
import { amount, idText } from "../../fields.ts";
import { type Call, type CallAnswer, failure, notFound, success } from "./call.ts";

const maximumReason = 256;

const refusals: Readonly<Record<RefundRefusal, string>> = {
  not_paid: "the payment is not paid",
  exceeds_paid: "refunds would exceed what was paid",
  too_many: "the payment has too many refunds",
};

const input = z.object({
  out_trade_no: idText,
  out_refund_no: idText,
  amount,
  refund_amount: amount,
  reason: z.string().max(maximumReason).default(""),
  notify_url: z.url({ protocol: /^https?$/ }),
});

export const refund: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const taking = takeRefund(house, {
      outTradeNo: asked.out_trade_no,
      // The contract's call names no transaction: of several, the amount tells which.
      of: { paid: asked.amount },
      outRefundNo: asked.out_refund_no,
      refundAmount: asked.refund_amount,
      reason: asked.reason,
      notifyUrl: asked.notify_url,
      settling: "later",
    });
    switch (taking.kind) {
      case "taken":
      case "known":
        return refundAnswer(taking.refund);
      case "differs":
        return failure(`${asked.out_refund_no} was another refund`);
      case "not_found":
        return notFound;
      case "refused":
        return failure(refusals[taking.why]);
    }
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
