import { z } from "zod";

import { idText } from "../fields.ts";
import { type Call, notFound, success } from "./call.ts";

const input = z.object({ out_trade_no: idText });

/** Closes an unpaid payment for good; a paid one is answered as such and left alone. Tells nobody: the asker knows. */
export const close: Call<z.infer<typeof input>> = {
  input,
  answer({ book }, { provider }, asked) {
    const payment = book.find(provider, asked.out_trade_no)?.payment;
    if (!payment) return notFound;
    if (payment.standing.status === "SUCCESS") return { kind: "fields", fields: { code: "PAID" } };
    if (payment.standing.status !== "CLOSED") book.put({ ...payment, standing: { status: "CLOSED" } });
    return success({});
  },
};
