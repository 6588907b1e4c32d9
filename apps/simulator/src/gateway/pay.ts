import { formatAmount } from "@zhanggui/domain";
import { z } from "zod";

import type { Payment } from "../book/records.ts";
import { amount, idText } from "../fields.ts";
import { type Call, failure, success } from "./call.ts";
import { newTransactionId } from "./numbers.ts";

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
  answer({ book, now }, { provider, origin }, asked) {
    const cashier = `${origin}/cashier/${provider}/${encodeURIComponent(asked.out_trade_no)}`;
    const known = book.find(provider, asked.out_trade_no)?.payment;
    if (known) {
      return isSame(known, asked)
        ? success({ cashier_url: cashier })
        : failure(`${asked.out_trade_no} was opened with another amount`);
    }
    const at = now();
    book.put({
      kind: "payment",
      provider,
      outTradeNo: asked.out_trade_no,
      transactionId: newTransactionId(at),
      amount: formatAmount(asked.amount),
      currency: asked.currency,
      subject: asked.subject,
      notifyUrl: asked.notify_url,
      expiresAt: new Date(asked.time_expire).toISOString(),
      createdAt: at.toISOString(),
      standing: { status: "NOTPAY" },
    });
    return success({ cashier_url: cashier });
  },
};

function isSame(known: Payment, asked: z.infer<typeof input>): boolean {
  return known.amount === formatAmount(asked.amount) && known.currency === asked.currency;
}
