import type { Extra } from "../../book/records.ts";
import { beijingText, settlementDay } from "./beijing-time.ts";
import { fenText } from "./fen.ts";
import { traceNoOf } from "./numbers.ts";
import type { Fields } from "./signature.ts";

/** The card of the cashier, as UnionPay shows one. */
export const maskedCard = "6216***********0018";

/** 人民币 (ISO 4217, by number). */
const yuan = "156";

/** 消费, 消费撤销 and 退货, with the subtype of each. */
export type TxnType = "01" | "31" | "04";

export function typeFields(txnType: TxnType): Fields {
  return { bizType: "000201", txnType, txnSubType: txnType === "01" ? "01" : "00" };
}

/** A refund is an order of its own, of the type that it was asked for as. */
export function refundType(extra: Extra | undefined): TxnType {
  return extra?.["txnType"] === "31" ? "31" : "04";
}

/** What UnionPay says of every order that it has a number for. `amount` is yuan text. */
export function orderFields({ queryId, amount }: { readonly queryId: string; readonly amount: string }): Fields {
  return { currencyCode: yuan, queryId, traceNo: traceNoOf(queryId), txnAmt: fenText(amount) };
}

/** What UnionPay says besides of an order that moved money; `at` is when. */
export function movedFields({ amount, at }: { readonly amount: string; readonly at: Date }): Fields {
  return {
    accNo: maskedCard,
    payCardType: "01",
    settleAmt: fenText(amount),
    settleCurrencyCode: yuan,
    settleDate: settlementDay(at).slice(5).replace("-", ""),
    traceTime: beijingText(at).slice(4),
  };
}
