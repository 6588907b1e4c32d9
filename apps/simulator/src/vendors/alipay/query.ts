import type { z } from "zod";

import { failure, success } from "./answer.ts";
import { beijingText } from "./beijing.ts";
import type { Call } from "./call.ts";
import { aboutTrade, buyer, findTrade, tradeStatusOf } from "./trade.ts";

const input = aboutTrade({});
const nothing = "0.00";

/** `alipay.trade.query`. */
export const query: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findTrade(house, asked);
    if (!found) return failure("ACQ.TRADE_NOT_EXIST");
    const { payment, amount } = found;
    const paid = payment.standing.status === "SUCCESS" ? payment.standing : undefined;
    return success({
      buyer_logon_id: buyer.logonId,
      buyer_pay_amount: paid?.paid ?? nothing,
      buyer_user_id: buyer.id,
      ...(paid === undefined ? {} : { fund_bill_list: [{ amount: paid.paid, fund_channel: "ALIPAYACCOUNT" }] }),
      invoice_amount: paid?.paid ?? nothing,
      out_trade_no: payment.outTradeNo,
      point_amount: nothing,
      receipt_amount: paid?.paid ?? nothing,
      ...(paid === undefined ? {} : { send_pay_date: beijingText(new Date(paid.paidAt)) }),
      total_amount: amount,
      trade_no: payment.transactionId,
      trade_status: tradeStatusOf(found),
    });
  },
};
