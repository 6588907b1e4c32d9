import { Decimal, formatAmount } from "@zhanggui/domain";
import type { WouldBe } from "@zhanggui/operations";

import { table } from "./table.ts";

const decisions = ["revive", "refund", "hold"] as const satisfies readonly WouldBe["wouldBe"][];

/** Each past case with what was done and what the policy would do, and the sums. */
export function policyReport(
  would: readonly WouldBe[],
  { days, limit }: { readonly days: number; readonly limit: number },
): string {
  const rows = would.map((one) => [one.exceptionId, one.kind, one.provider, one.amount, one.was, one.wouldBe, one.why]);
  return [
    ...(rows.length === 0 ? [] : [table(["case", "kind", "provider", "amount", "was", "would be", "why"], rows), ""]),
    `Cases of the last ${days} days: ${[`found ${would.length}`, ...decisions.map((word) => sumOf(would, word))].join(", ")}.`,
    "Dry run: nothing was changed.",
    ...(would.length === limit ? [`The limit of ${limit} was reached: there may be more.`] : []),
  ].join("\n");
}

function sumOf(would: readonly WouldBe[], word: WouldBe["wouldBe"]): string {
  const such = would.filter(({ wouldBe }) => wouldBe === word);
  const sum = such.reduce((total, { amount }) => total.plus(amount), new Decimal(0));
  return `${word} ${such.length} (${formatAmount(sum)})`;
}
