import type { Checked } from "@zhanggui/operations";

import { table } from "./table.ts";

/** Each check a line, then each breach and what is to be done about it, and how many checks are broken. */
export function checkReport(checked: readonly Checked[]): string {
  const broken = checked.filter(({ ok }) => !ok).length;
  const breaches = checked.flatMap(({ name, breaches: found }) =>
    found.map(({ repairId, key, plan, accepted }) => [
      name,
      key,
      repairId,
      accepted ? "accepted by a person" : plan.explanation,
    ]),
  );
  return [
    table(
      ["check", "state", "says"],
      checked.map(({ name, ok, says }) => [name, ok ? "ok" : "BROKEN", says]),
    ),
    "",
    ...(breaches.length === 0 ? [] : [table(["broken by", "row", "plan", "what to do"], breaches), ""]),
    `Checks ${checked.length}, broken ${broken}.${breaches.length === 0 ? "" : " `ops repair` shows the plans."}`,
  ].join("\n");
}
