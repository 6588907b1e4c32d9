import type { KeptBreach, RepairResult } from "@zhanggui/operations";

import { table } from "./table.ts";

export type PlannedRepair = Pick<KeptBreach, "key" | "plan"> & { readonly id: string; readonly law: string };
type Statement = Extract<KeptBreach["plan"], { kind: "mend" }>["statements"][number];

/** Each plan: why, what changes column by column, and the exact statements. */
export function repairReport(planned: readonly PlannedRepair[]): string {
  if (planned.length === 0) return "Nothing is broken.";
  return [...planned.map(planOf), counted(planned)].join("\n\n");
}

/** What became of each plan. */
export function resultReport(results: readonly RepairResult[]): string {
  return table(
    ["plan", "outcome", ""],
    results.map((result) => [
      result.id,
      result.outcome,
      result.outcome === "refused" ? `${result.code}: ${result.why}` : "",
    ]),
  );
}

function planOf({ id, law, key, plan }: PlannedRepair): string {
  const head = `${id}  ${law}  ${key}\n  ${plan.explanation}`;
  if (plan.kind === "person") return head;
  return [
    head,
    ...plan.diff.map(
      ({ table: name, key: row, column, before, after }) =>
        `  ${name} ${row}: ${column} ${textOf(before)} → ${textOf(after)}`,
    ),
    ...plan.statements.map((statement) => `  sql   ${statementOf(statement)}`),
    ...plan.undo.map((statement) => `  undo  ${statementOf(statement)}`),
    ...plan.rings.map((ring) => `  ring  ${ring.what}`),
  ].join("\n");
}

function statementOf({ sql, parameters }: Statement): string {
  return `${sql}  -- ${parameters.map((value, at) => `$${at + 1} = ${textOf(value)}`).join(", ")}`;
}

function textOf(value: Statement["parameters"][number]): string {
  return value === null ? "null" : JSON.stringify(value);
}

function counted(planned: readonly PlannedRepair[]): string {
  const forPeople = planned.filter(({ plan }) => plan.kind === "person").length;
  return `Plans ${planned.length}, of which ${forPeople} for a person to do.`;
}
