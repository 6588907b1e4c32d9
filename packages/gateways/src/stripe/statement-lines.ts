import type { BalanceTransaction } from "./balance-transaction.ts";
import { decimalsOf, stripeAmount } from "./minor-units.ts";

type Cell = (item: BalanceTransaction) => string | undefined;

/**
 * The columns of `balance_change_from_activity.itemized.3` (docs.stripe.com/reports/report-types/balance) that a
 * reconciliation reads, by the report's own names and in its own writing: times without an offset, amounts in main units.
 */
const columns: Readonly<Record<string, Cell>> = {
  balance_transaction_id: ({ id }) => id,
  created_utc: timeOf,
  // The report's own time zone, which is UTC here.
  created: timeOf,
  currency: ({ currency }) => currency.toLowerCase(),
  gross: (item) => money(item.amount, item),
  fee: (item) => money(item.fee, item),
  net: (item) => money(item.net, item),
  reporting_category: ({ reporting_category }) => reporting_category,
  source_id: ({ source }) => source?.id,
  description: ({ description }) => description,
  charge_id: ({ source }) => (source?.object === "charge" ? source.id : source?.charge),
  payment_intent_id: ({ source }) => source?.payment_intent,
  payment_method_type: ({ source }) => source?.payment_method_details?.type,
  // A refund of ours carries both of our numbers itself.
  "payment_metadata[out_trade_no]": ({ source }) => source?.metadata?.["out_trade_no"],
  "refund_metadata[out_refund_no]": ({ source }) => source?.metadata?.["out_refund_no"],
};

export const headerLine = csvLine(Object.keys(columns));

export function lineOf(item: BalanceTransaction): string {
  return csvLine(Object.values(columns).map((cell) => cell(item) ?? ""));
}

function money(minor: number, { currency }: BalanceTransaction): string {
  return stripeAmount(minor, currency).toFixed(decimalsOf(currency));
}

/** `2026-11-21 15:59:59`, in UTC. */
function timeOf({ created }: BalanceTransaction): string {
  return new Date(created * 1000).toISOString().slice(0, "yyyy-mm-ddThh:mm:ss".length).replace("T", " ");
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
}
