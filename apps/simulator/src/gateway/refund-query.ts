import { z } from "zod";

import { idText } from "../fields.ts";
import { type Call, notFound } from "./call.ts";
import { refundAnswer } from "./refund.ts";

const input = z.object({ out_refund_no: idText });

export const refundQuery: Call<z.infer<typeof input>> = {
  input,
  answer({ book }, { provider }, asked) {
    const known = book.findRefund(provider, asked.out_refund_no);
    return known ? refundAnswer(known) : notFound;
  },
};
