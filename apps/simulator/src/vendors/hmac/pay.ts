import { z } from "zod";

import { openPayment } from "../../desk/open-payment.ts";
import { amount, idText } from "../../fields.ts";
import { type Call, failure, success } from "./call.ts";

const maximumSubject = 256;

const input = z.object({
  out_trade_no: idText,
  amount,
  currency: z.string().regex(/^[A-Z]{3}$/, "must be an ISO 4217 code"),
  subject: z.string().min(1).max(maximumSubject),
  notify_url: z.url({ protocol: /^https?$/ }),
  time_expire: z.iso.datetime({ offset: true }),
});

/** Opens a payment. Asked again for the same number and amount, it answers the same cashier. */
export const pay: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked, request) {
    const { kind } = openPayment(house, {
      outTradeNo: asked.out_trade_no,
      amount: asked.amount,
      currency: asked.currency,
      subject: asked.subject,
      notifyUrl: asked.notify_url,
      expiresAt: new Date(asked.time_expire),
    });
    return kind === "differs"
      ? failure(`${asked.out_trade_no} was opened with another amount`)
      : success({ cashier_url: house.cashierUrl(request, asked.out_trade_no) });
  },
};
