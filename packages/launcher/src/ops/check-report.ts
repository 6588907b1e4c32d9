import type { Checked } from "@zhanggui/operations";

import { table } from "./table.ts";

/** Each check a line, and how many of them are broken. */
export function checkReport(checked: readonly Checked[]): string {
  const broken = checked.filter(({ ok }) => !ok).length;
  return [
    table(
      ["check", "state", "says"],
      checked.map(({ name, ok, says }) => [name, ok ? "ok" : "BROKEN", says]),
    ),
    "",
    `Checks ${checked.length}, broken ${broken}.`,
  ].join("\n");
}
