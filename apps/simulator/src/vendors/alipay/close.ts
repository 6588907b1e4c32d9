import { z } from "zod";

import { closePayment } from "../../desk/close-payment.ts";
import { failure, success } from "./answer.ts";
import type { Call } from "./call.ts";
import { aboutTrade, findTrade, tradeStatusOf } from "./trade.ts";

const input = aboutTrade({ operator_id: z.string().optional() });

/** `alipay.trade.close`: only a trade that waits for its buyer. One that nobody came for cannot be closed. */
export const close: Call<z.infer<typeof input>> = {
  input,
  answer(house, asked) {
    const found = findTrade(house, asked);
    if (!found) return failure("ACQ.TRADE_NOT_EXIST");
    if (tradeStatusOf(found) !== "WAIT_BUYER_PAY") return failure("ACQ.TRADE_STATUS_ERROR");
    const { outTradeNo, transactionId } = found.payment;
    const { kind } = closePayment(house, outTradeNo);
    if (kind === "not_found") return failure("ACQ.TRADE_NOT_EXIST");
    if (kind === "paid") return failure("ACQ.TRADE_STATUS_ERROR");
    return success({ trade_no: transactionId, out_trade_no: outTradeNo });
  },
};
