import type { z } from "zod";

import { amountOf } from "../../book/standing.ts";
import { findRefund } from "../../desk/find-payment.ts";
import { idText } from "../../fields.ts";
import { failure, success } from "./answer.ts";
import { beijingText } from "./beijing.ts";
import type { Call } from "./call.ts";
import { aboutTrade, findTrade } from "./trade.ts";

const input = aboutTrade({ out_request_no: idText });

/** `alipay.trade.fastpay.refund.query`: without `refund_status` the refund did not come or has failed. */
export const refundQuery: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findTrade(house, asked);
    if (!found) return failure("ACQ.TRADE_NOT_EXIST");
    const { outTradeNo } = found.payment;
    const given = findRefund(house, asked.out_request_no);
    if (given === undefined || given.refund.outTradeNo !== outTradeNo) return success({});
    const { refund, payment } = given;
    const isOfTrade = asked.trade_no === undefined || asked.trade_no === payment.transactionId;
    if (!isOfTrade || refund.standing.status !== "SUCCESS") return success({});
    return success({
      gmt_refund_pay: beijingText(new Date(refund.standing.settledAt)),
      out_request_no: refund.outRefundNo,
      out_trade_no: outTradeNo,
      refund_amount: refund.refundAmount,
      refund_status: "REFUND_SUCCESS",
      total_amount: amountOf(payment),
      trade_no: payment.transactionId,
    });
  },
};
