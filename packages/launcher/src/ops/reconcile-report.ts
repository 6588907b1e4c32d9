import type { ReconciliationDifference } from "@zhanggui/db";
import type { Reconciled } from "@zhanggui/operations";

import { table } from "./table.ts";

/** Sums of both sides, then each difference a line, then the verdict. */
export function reconcileReport(done: Reconciled, differences: readonly ReconciliationDifference[]): string {
  const { run } = done;
  const title = `${run.provider}, ${run.day} (${run.source}), ${run.id}`;
  if (done.kind === "not_done") return [title, `Not done: ${done.why}`].join("\n");

  const totals = table(
    ["", "ours", "", "theirs", "", "fee"],
    run.totals.map(({ type, currency, ours, theirs, fee }) => [
      `${type}s ${currency}`,
      String(ours.count),
      ours.amount,
      String(theirs.count),
      theirs.amount,
      fee,
    ]),
  );
  const found = table(
    ["type", "difference", "number", "ours", "theirs", "line", "says", "case"],
    differences.map(({ type, kind, key, ours, theirs, line, their_status, asked, exception_id }) => [
      type,
      kind,
      key,
      ours ?? "-",
      theirs ?? "-",
      line === null ? "-" : String(line),
      asked ?? their_status ?? "-",
      exception_id ?? "-",
    ]),
  );
  const unreadable = run.unreadable_lines.map(({ number, why }) => `line ${number}: ${why}`);
  const verdict = [
    `Lines ${run.lines}`,
    `unreadable ${run.unreadable}`,
    `neither payment nor refund ${run.others}`,
    `told twice ${run.repeats}`,
    `waiting for a neighbouring day ${run.pending}`,
    `differences ${run.differences}: ${run.state}.`,
  ].join(", ");
  const more = run.differences - differences.length;
  return [
    title,
    "",
    ...(run.totals.length > 0 ? [totals, ""] : []),
    ...(differences.length > 0 ? [found, ...(more > 0 ? [`… and ${more} more`] : []), ""] : []),
    ...(unreadable.length > 0 ? [...unreadable, ""] : []),
    verdict,
  ].join("\n");
}
