import { instantOf } from "../reading/instant.ts";
import { currencyOf, feeOf, idOf, minorOf, optionalId, timeOf, wordOf } from "../reading/statement-cells.ts";
import { readTable } from "../reading/statement-table.ts";
import type { Columns, CsvRecord } from "../reading/statement-text.ts";
import type { StatementEntry, StatementFormat } from "../statement-format.ts";
import type { StripeAccount } from "./account.ts";

/** The names of `balance_change_from_activity.itemized.3`. */
const wanted = {
  created: ["created_utc"],
  currency: ["currency"],
  gross: ["gross"],
  fee: ["fee"],
  category: ["reporting_category"],
  sourceId: ["source_id"],
  chargeId: ["charge_id", undefined],
  intentId: ["payment_intent_id"],
  outTradeNo: ["payment_metadata[out_trade_no]", undefined],
  outRefundNo: ["refund_metadata[out_refund_no]", undefined],
} as const;

type StripeColumns = Columns<keyof typeof wanted>;

/** Categories of payments and refunds; the others move money that is nobody's order (docs.stripe.com/reports/reporting-categories). */
const kinds = new Map([
  ["charge", { type: "payment", status: "succeeded" }],
  ["charge_failure", { type: "payment", status: "failed" }],
  ["refund", { type: "refund", status: "succeeded" }],
  ["refund_failure", { type: "refund", status: "failed" }],
] as const);

/** Reads Stripe's report, its own or the one that `statement` writes in its form. Its days are days of UTC. */
export const stripeStatement: StatementFormat<StripeAccount> = {
  dayBeginsMinutesBeforeUtc: 0,
  slackMinutes: 10,
  read: (_, file) => readTable(file, wanted, readRecord),
};

function readRecord({ number, cells }: CsvRecord, columns: StripeColumns): StatementEntry {
  const category = columns.category(cells);
  const kind = isKnown(category) ? kinds.get(category) : undefined;
  if (kind === undefined) return { kind: "other", number, what: wordOf(category) };
  const { type, status } = kind;
  const shared = {
    number,
    // A charge without an intent is known by its own id.
    transactionId: idOf(columns.intentId(cells) || columns.chargeId(cells), "payment_intent_id"),
    ...optionalId("outTradeNo", columns.outTradeNo(cells)),
    amountMinor: minorOf(columns.gross(cells), "gross"),
    ...feeOf(columns.fee(cells)),
    currency: currencyOf(columns.currency(cells)),
    status,
    rawStatus: category,
    occurredAt: timeOf(columns.created(cells), [readUtc]),
  };
  if (type === "payment") return { kind: "line", line: { ...shared, type } };
  const refundId = idOf(columns.sourceId(cells), "source_id");
  const outRefundNo = columns.outRefundNo(cells) || refundId;
  return { kind: "line", line: { ...shared, type, refundId, outRefundNo } };
}

type Category = typeof kinds extends ReadonlyMap<infer Name, unknown> ? Name : never;

function isKnown(category: string): category is Category {
  return (kinds as ReadonlyMap<string, unknown>).has(category);
}

/** `2026-11-21 15:59:59`, in UTC. */
function readUtc(text: string): Date | undefined {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? instantOf(text.replace(" ", "T"), "Z") : undefined;
}
