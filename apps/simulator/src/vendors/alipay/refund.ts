import { type Decimal, formatAmount } from "@zhanggui/domain";
import { z } from "zod";

import type { Payment } from "../../book/records.ts";
import { type FoundRefund, findPayment, findRefund, findTransaction } from "../../desk/find-payment.ts";
import { type RefundRefusal, type RefundTaking, takeRefund } from "../../desk/take-refund.ts";
import { idText } from "../../fields.ts";
import { type Answer, failure, success } from "./answer.ts";
import { beijingText } from "./beijing.ts";
import { type Call, yuan } from "./call.ts";
import type { AlipayHouse } from "./house.ts";
import { aboutTrade, buyer, findTrade, returnedOf } from "./trade.ts";

const maximumReason = 256;

const input = aboutTrade({
  refund_amount: yuan,
  out_request_no: idText.optional(),
  refund_reason: z.string().max(maximumReason).default(""),
});

const refusals: Readonly<Record<RefundRefusal, Parameters<typeof failure>[0]>> = {
  not_paid: "ACQ.TRADE_STATUS_ERROR",
  exceeds_paid: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
  too_many: "ACQ.SYSTEM_ERROR",
};

/** `alipay.trade.refund`: done at once, once for each `out_request_no`, which only a refund of everything may leave out. */
export const refund: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findTrade(house, asked);
    if (!found) return failure("ACQ.TRADE_NOT_EXIST");
    const { payment, amount } = found;
    if (asked.out_request_no === undefined && !asked.refund_amount.equals(amount)) {
      return failure("ACQ.INVALID_PARAMETER", "out_request_no");
    }
    const outRefundNo = asked.out_request_no ?? wholeRefundNo(house, payment);
    if (isWithoutBalance(payment) && findRefund(house, outRefundNo) === undefined) {
      return failure("ACQ.SELLER_BALANCE_NOT_ENOUGH");
    }
    const taking = takeTradeRefund(house, payment, {
      outRefundNo,
      refundAmount: asked.refund_amount,
      reason: asked.refund_reason,
    });
    switch (taking.kind) {
      case "taken":
        return refundAnswer(house, { ...taking, payment }, taking.refund.standing.status === "SUCCESS");
      case "known":
        return refundAnswer(house, { ...taking, payment }, false);
      case "differs":
        return failure("ACQ.DISCORDANT_REPEAT_REQUEST");
      case "not_found":
        return failure("ACQ.TRADE_NOT_EXIST");
      case "refused":
        return failure(refusals[taking.why]);
    }
  },
};

/** Alipay's own choice is the merchant's number of the trade; a trade that took money again needs another one. */
function wholeRefundNo(house: AlipayHouse, { outTradeNo, transactionId }: Payment): string {
  return findPayment(house, outTradeNo)?.payment.transactionId === transactionId ? outTradeNo : transactionId;
}

type TradeRefund = { readonly outRefundNo: string; readonly refundAmount: Decimal; readonly reason: string };

/** Refunds of a trade are told to where the payment was told. */
export function takeTradeRefund(house: AlipayHouse, payment: Payment, wanted: TradeRefund): RefundTaking {
  const { outTradeNo, transactionId, notifyUrl } = payment;
  const told = notifyUrl === undefined ? {} : { notifyUrl };
  return takeRefund(house, { outTradeNo, of: { transactionId }, ...wanted, settling: "at_once", ...told });
}

/** A refund that was played to move no money is refused, as when the seller's account is empty. */
export function isWithoutBalance({ standing, refundsEnd }: Payment): boolean {
  return standing.status === "SUCCESS" && (refundsEnd === "FAIL" || refundsEnd === "CLOSED");
}

/** `refund_fee` is all that went back of the trade so far; `fund_change` says whether this very call moved money. */
function refundAnswer(house: AlipayHouse, made: FoundRefund, hasMoved: boolean): Answer {
  const { outTradeNo, standing } = made.refund;
  const found = findTransaction(house, made.payment.transactionId);
  if (!found) return failure("ACQ.TRADE_NOT_EXIST");
  const settledAt = "settledAt" in standing ? new Date(standing.settledAt) : house.now();
  return success({
    buyer_logon_id: buyer.logonId,
    buyer_user_id: buyer.id,
    fund_change: hasMoved ? "Y" : "N",
    gmt_refund_pay: beijingText(settledAt),
    out_trade_no: outTradeNo,
    refund_fee: formatAmount(returnedOf(found.refunds)),
    trade_no: found.payment.transactionId,
  });
}
