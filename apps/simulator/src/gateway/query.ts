import { z } from "zod";

import { idText } from "../fields.ts";
import { amountOf, statusOf } from "../play/standing.ts";
import { type Call, notFound, success } from "./call.ts";

const input = z.object({ out_trade_no: idText });

export const query: Call<z.infer<typeof input>> = {
  input,
  answer({ book, now }, { provider }, asked) {
    const payment = book.find(provider, asked.out_trade_no)?.payment;
    if (!payment) return notFound;
    return success({
      out_trade_no: payment.outTradeNo,
      transaction_id: payment.transactionId,
      amount: amountOf(payment),
      currency: payment.currency,
      status: statusOf(payment, now()),
    });
  },
};
