import { Decimal } from "@zhanggui/domain";
import type { z } from "zod";

import { closePayment } from "../../desk/close-payment.ts";
import type { FoundPayment } from "../../desk/find-payment.ts";
import { type Answer, failure, success } from "./answer.ts";
import type { Call } from "./call.ts";
import type { AlipayHouse } from "./house.ts";
import { isWithoutBalance, takeTradeRefund } from "./refund.ts";
import { aboutTrade, findOpened, findTrade } from "./trade.ts";

const input = aboutTrade({});

/**
 * `alipay.trade.cancel`: closes what is not paid and refunds what is, in full. A merchant's number that is not known is
 * no failure, and a code that nobody scanned is worth nothing afterwards; only then the answer names no action.
 */
export const cancel: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findTrade(house, asked);
    if (!found && asked.trade_no !== undefined) return failure("ACQ.TRADE_NOT_EXIST");
    if (found?.payment.standing.status === "SUCCESS") return giveBack(house, found);

    const opened = findOpened(house, asked);
    if (opened && closePayment(house, opened.payment.outTradeNo).kind === "paid") return giveBack(house, opened);
    const outTradeNo = opened?.payment.outTradeNo ?? asked.out_trade_no;
    const action = found && { trade_no: found.payment.transactionId, action: "close" };
    return success({ out_trade_no: outTradeNo, retry_flag: "N", ...action });
  },
};

function giveBack(house: AlipayHouse, { payment, amount, refunds }: FoundPayment): Answer {
  const { outTradeNo, transactionId } = payment;
  const outRefundNo = `cancel_${transactionId}`;
  if (refunds.some((refund) => refund.outRefundNo !== outRefundNo)) return failure("ACQ.REASON_TRADE_REFUND_FEE_ERR");
  if (refunds.length === 0 && isWithoutBalance(payment)) return failure("ACQ.SELLER_BALANCE_NOT_ENOUGH");
  takeTradeRefund(house, payment, { outRefundNo, refundAmount: new Decimal(amount), reason: "" });
  return success({ trade_no: transactionId, out_trade_no: outTradeNo, retry_flag: "N", action: "refund" });
}
