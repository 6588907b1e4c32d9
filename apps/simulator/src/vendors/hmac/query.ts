import { z } from "zod";

import { findPayment } from "../../desk/find-payment.ts";
import { idText } from "../../fields.ts";
import { type Call, notFound, success } from "./call.ts";

const input = z.object({ out_trade_no: idText });

export const query: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findPayment(house, asked.out_trade_no);
    if (!found) return notFound;
    return success({
      out_trade_no: found.payment.outTradeNo,
      transaction_id: found.payment.transactionId,
      amount: found.amount,
      currency: found.payment.currency,
      status: found.status,
    });
  },
};
