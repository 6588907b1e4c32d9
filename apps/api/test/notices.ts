import { sign } from "@zhanggui/gateways";

export const secret = "the mock gateway's secret";
let transactions = 0;

export function newTransactionId(): string {
  return `T${Date.now()}${(transactions += 1)}`;
}

/** Fields with their signature, as the gateway `mock` would send them. */
export function signed(fields: Readonly<Record<string, string>>): Record<string, string> {
  return { ...fields, sign: sign(new Map(Object.entries(fields)), secret) };
}

export function success(
  payment: { readonly outTradeNo: string; readonly amount: string },
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return signed({
    out_trade_no: payment.outTradeNo,
    transaction_id: newTransactionId(),
    amount: payment.amount,
    status: "SUCCESS",
    ...more,
  });
}
