import type { Extra } from "../../book/records.ts";
import type { StatementLine } from "../../desk/statement.ts";
import type { WechatAccount } from "./house.ts";
import { openidOf } from "./trade.ts";
import { billTimeOf } from "./times.ts";

export type BillType = "ALL" | "SUCCESS" | "REFUND";

/** One line of a bill, with what the order's own words say; a line that was planted may be about no order. */
export type BillLine = {
  readonly account: WechatAccount;
  readonly extra: Extra | undefined;
  readonly line: StatementLine;
  /** Of a refund: when it was asked for. */
  readonly requestedAt: Date | undefined;
};

export type Column = {
  readonly name: string;
  /** Left out: it stands in every bill. */
  readonly onlyIn?: readonly BillType[];
  readonly value: (line: BillLine) => string;
};

const none = "0.00";
const withRefunds: readonly BillType[] = ["ALL", "REFUND"];

const isRefund = ({ line }: BillLine): boolean => line.type === "refund";
const ofPayment = (line: BillLine): string => (isRefund(line) ? none : line.line.amount);
const ofRefund = (line: BillLine): string => (isRefund(line) ? line.line.amount : none);

/** A bill has words of its own for what came to nothing. */
function stateOf(line: BillLine): string {
  if (isRefund(line)) return "REFUND";
  return line.line.status === "SUCCESS" ? "SUCCESS" : "REVOKED";
}

function refundStateOf(line: BillLine): string {
  if (!isRefund(line)) return "";
  return line.line.status === "SUCCESS" ? "SUCCESS" : "FAIL";
}

/**
 * The columns of a trade bill, amounts in yuan (WeChat Pay v3 "申请交易账单"; gateways.md §1 "Bills"): 27 of ALL, 20 of
 * SUCCESS, 29 of REFUND.
 */
const columns: readonly Column[] = [
  { name: "交易时间", value: ({ line }) => billTimeOf(new Date(line.time)) },
  { name: "公众账号ID", value: ({ account }) => account.appid },
  { name: "商户号", value: ({ account }) => account.mchid },
  { name: "特约商户号", value: () => "0" },
  { name: "设备号", value: () => "" },
  { name: "微信订单号", value: ({ line }) => line.transactionId },
  { name: "商户订单号", value: ({ line }) => line.outTradeNo },
  { name: "用户标识", value: ({ extra }) => openidOf(extra) },
  { name: "交易类型", value: ({ extra }) => extra?.["tradeType"] ?? "NATIVE" },
  { name: "交易状态", value: stateOf },
  { name: "付款银行", value: () => "OTHERS" },
  { name: "货币种类", value: ({ line }) => line.currency },
  { name: "应结订单金额", value: ofPayment },
  { name: "代金券金额", value: () => none },
  {
    name: "退款申请时间",
    onlyIn: ["REFUND"],
    value: ({ requestedAt }) => (requestedAt === undefined ? "" : billTimeOf(requestedAt)),
  },
  { name: "退款成功时间", onlyIn: ["REFUND"], value: ({ line }) => billTimeOf(new Date(line.time)) },
  { name: "微信退款单号", onlyIn: withRefunds, value: ({ line }) => line.refundId ?? "0" },
  { name: "商户退款单号", onlyIn: withRefunds, value: ({ line }) => line.outRefundNo ?? "0" },
  { name: "退款金额", onlyIn: withRefunds, value: ofRefund },
  { name: "充值券退款金额", onlyIn: withRefunds, value: () => none },
  { name: "退款类型", onlyIn: withRefunds, value: (line) => (isRefund(line) ? "ORIGINAL" : "") },
  { name: "退款状态", onlyIn: withRefunds, value: refundStateOf },
  { name: "商品名称", value: ({ line }) => line.subject },
  { name: "商户数据包", value: ({ extra }) => extra?.["attach"] ?? "" },
  { name: "手续费", value: ({ line }) => `${line.fee}000` },
  { name: "费率", value: () => "0.60%" },
  { name: "订单金额", value: ofPayment },
  { name: "申请退款金额", onlyIn: withRefunds, value: ofRefund },
  { name: "费率备注", value: () => "" },
];

export function columnsOf(type: BillType): readonly Column[] {
  return columns.filter(({ onlyIn }) => onlyIn === undefined || onlyIn.includes(type));
}
