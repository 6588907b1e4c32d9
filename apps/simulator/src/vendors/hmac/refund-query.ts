import { z } from "zod";

import { findRefund } from "../../desk/find-payment.ts";
import { idText } from "../../fields.ts";
import { type Call, notFound } from "./call.ts";
import { refundAnswer } from "./refund.ts";

const input = z.object({ out_refund_no: idText });

export const refundQuery: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findRefund(house, asked.out_refund_no);
    return found ? refundAnswer(found.refund) : notFound;
  },
};
