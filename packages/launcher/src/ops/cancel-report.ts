import type { UnpaidOrder } from "@zhanggui/operations";

import { table } from "./table.ts";

type Outcome = UnpaidOrder["outcome"];

const words = {
  would_cancel: "would be cancelled",
  cancelled: "cancelled",
  paid_meanwhile: "paid meanwhile",
  waits_for_gateway: "waiting for gateway",
  error: "error",
} as const satisfies Record<Outcome, string>;

const totalWords = { ...words, error: "errors" } as const satisfies Record<Outcome, string>;

const totalsOf = {
  wet: ["cancelled", "paid_meanwhile", "waits_for_gateway", "error"],
  dry: ["would_cancel"],
} as const satisfies Record<string, readonly Outcome[]>;

/** What the command did, order by order, and the totals that the specification asks for. */
export function cancelReport(
  orders: readonly UnpaidOrder[],
  { minutes, limit, dryRun }: { readonly minutes: number; readonly limit: number; readonly dryRun: boolean },
): string {
  const rows = orders.map(({ number, amount, createdAt, outcome, detail }) => [
    number,
    amount,
    createdAt.toISOString().replace(/\.\d+Z$/, "Z"),
    detail === undefined ? words[outcome] : `${words[outcome]} (${detail})`,
  ]);
  const counts = totalsOf[dryRun ? "dry" : "wet"].map(
    (outcome) => `${totalWords[outcome]} ${orders.filter((order) => order.outcome === outcome).length}`,
  );
  return [
    ...(rows.length === 0 ? [] : [table(["order", "amount", "created", "outcome"], rows), ""]),
    `Unpaid for at least ${minutes} min — ${[`found ${orders.length}`, ...counts].join(", ")}.`,
    ...(dryRun ? ["Dry run: nothing was changed."] : []),
    ...(orders.length === limit ? [`The limit of ${limit} was reached: there may be more.`] : []),
  ].join("\n");
}
