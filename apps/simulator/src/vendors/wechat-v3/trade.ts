import type { Extra, Payment, Refund } from "../../book/records.ts";
import type { FoundPayment } from "../../desk/find-payment.ts";
import { fenOf } from "./fen.ts";
import type { WechatAccount } from "./house.ts";
import type { Said } from "./reply.ts";
import { rfc3339Of } from "./times.ts";

/** A buyer whom the merchant did not name; the openid that WeChat's own documents show. */
const someBuyer = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

const descriptions: ReadonlyMap<string, string> = new Map([
  ["SUCCESS", "支付成功"],
  ["REFUND", "转入退款"],
  ["NOTPAY", "订单未支付"],
  ["CLOSED", "订单已关闭"],
  ["USERPAYING", "用户支付中"],
  ["PAYERROR", "支付失败"],
]);

/**
 * `trade_state` (WeChat Pay v3 "查询订单"). A failed attempt leaves the order unpaid, as PAYERROR is a payment code's alone;
 * so does the deadline: it only forbids to pay, and closing stays the merchant's business ("关闭订单").
 */
export function stateOf({ status, refunds }: FoundPayment): string {
  if (status === "SUCCESS") return refunds.some(isUnderwayOrDone) ? "REFUND" : "SUCCESS";
  return status === "CLOSED" ? "CLOSED" : "NOTPAY";
}

/** A refund that was closed took nothing, so the order is as if it had not been asked for. */
function isUnderwayOrDone({ standing }: Refund): boolean {
  return standing.status !== "CLOSED" && standing.status !== "FAIL";
}

export type TradeFacts = {
  readonly state: string;
  readonly transactionId: string;
  /** Yuan text. */
  readonly amount: string;
  readonly currency: string;
  readonly paidAt: Date;
};

/** An order that was paid, as its notice and the answer to a query say it. */
export function paidTrade(account: WechatAccount, payment: Payment, facts: TradeFacts): Said {
  const total = fenOf(facts.amount);
  return {
    ...orderWords(account, payment, facts.state),
    transaction_id: facts.transactionId,
    trade_type: payment.extra?.["tradeType"] ?? "NATIVE",
    bank_type: "OTHERS",
    success_time: rfc3339Of(facts.paidAt),
    payer: { openid: openidOf(payment.extra) },
    amount: { total, payer_total: total, currency: facts.currency, payer_currency: facts.currency },
  };
}

/** An order that nobody has paid has neither WeChat's number nor a payer. */
export function unpaidTrade(account: WechatAccount, payment: Payment, state: string): Said {
  return {
    ...orderWords(account, payment, state),
    payer: {},
    amount: { total: fenOf(payment.amount), currency: payment.currency },
  };
}

export function openidOf(extra: Extra | undefined): string {
  return extra?.["openid"] ?? someBuyer;
}

function orderWords({ mchid, appid }: WechatAccount, payment: Payment, state: string): Said {
  return {
    mchid,
    appid,
    out_trade_no: payment.outTradeNo,
    attach: payment.extra?.["attach"] ?? "",
    trade_state: state,
    trade_state_desc: descriptions.get(state) ?? state,
    promotion_detail: [],
  };
}
