import { z } from "zod";

import { closePayment } from "../../desk/close-payment.ts";
import { idText } from "../../fields.ts";
import { type Call, notFound, success } from "./call.ts";

const input = z.object({ out_trade_no: idText });

export const close: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const { kind } = closePayment(house, asked.out_trade_no);
    if (kind === "not_found") return notFound;
    return kind === "paid" ? { kind: "fields", fields: { code: "PAID" } } : success({});
  },
};
