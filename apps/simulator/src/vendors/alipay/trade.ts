import { Decimal } from "@zhanggui/domain";
import { z } from "zod";

import type { Refund } from "../../book/records.ts";
import { buyerCameAt } from "../../desk/buyer.ts";
import { type FoundPayment, findPayment, findTransaction } from "../../desk/find-payment.ts";
import { idText } from "../../fields.ts";
import type { AlipayHouse } from "./house.ts";

export type TradeStatus = "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_CLOSED";

/** Who pays here, always. */
export const buyer = { id: "2088000000000208", logonId: "buy***@example.com" } as const;

const numbers = { out_trade_no: idText.optional(), trade_no: idText.optional() };

/** The `biz_content` of a call about one trade: either number, and what else the call takes. */
export function aboutTrade<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object({ ...numbers, ...shape })
    .refine((input) => "out_trade_no" in input || "trade_no" in input, "out_trade_no or trade_no is required");
}

export type TradeNumbers = { readonly out_trade_no?: string | undefined; readonly trade_no?: string | undefined };

/** A trade exists only once its buyer has come; Alipay's own number goes before the merchant's. */
export function findTrade(house: AlipayHouse, given: TradeNumbers): FoundPayment | undefined {
  const found = findOpened(house, given);
  if (!found) return undefined;
  const { payment, status } = found;
  return status === "SUCCESS" || buyerCameAt(payment) !== undefined ? found : undefined;
}

/** Also what was asked for and nobody came to pay yet. */
export function findOpened(house: AlipayHouse, { out_trade_no, trade_no }: TradeNumbers): FoundPayment | undefined {
  if (trade_no !== undefined) return findTransaction(house, trade_no);
  return out_trade_no === undefined ? undefined : findPayment(house, out_trade_no);
}

/** A trade that was refunded in full is closed, as is one that was not paid in time. */
export function tradeStatusOf({ status, amount, refunds }: FoundPayment): TradeStatus {
  switch (status) {
    case "SUCCESS":
      return returnedOf(refunds).lessThan(amount) ? "TRADE_SUCCESS" : "TRADE_CLOSED";
    case "NOTPAY":
    case "PAYERROR":
      return "WAIT_BUYER_PAY";
    case "CLOSED":
    case "EXPIRED":
      return "TRADE_CLOSED";
  }
}

/** What went back of a trade, in yuan. */
export function returnedOf(refunds: readonly Refund[]): Decimal {
  return refunds
    .filter(({ standing }) => standing.status === "SUCCESS")
    .reduce((sum, { refundAmount }) => sum.plus(refundAmount), new Decimal(0));
}
