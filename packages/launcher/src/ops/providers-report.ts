import type { Finding, InspectedAccount, ProvidersInspection } from "@zhanggui/gateways";

import { table } from "./table.ts";

const header = ["provider", "kind", "keys", "valid until", "state"];

/** Each account a line, then each finding, what is wrong first. */
export function providersReport(file: string, inspection: ProvidersInspection): string {
  if (!inspection.ok) return [`${file} is wrong:`, ...inspection.problems.map((problem) => `  ${problem}`)].join("\n");

  const { accounts } = inspection;
  const found = accounts.flatMap(({ id, findings }) => findings.map((finding) => ({ id, ...finding })));
  const wrong = found.filter(({ severity }) => severity === "wrong");
  const warnings = found.filter(({ severity }) => severity === "warning");
  const lines = [...wrong, ...warnings].map(
    ({ id, severity, place, text }) => `${severity.padEnd(7)}  ${id}.${place}: ${text}`,
  );
  return [
    table(header, accounts.map(rowOf)),
    "",
    ...(lines.length === 0 ? [] : [...lines, ""]),
    `${file}: providers ${accounts.length}, wrong ${wrong.length}, warnings ${warnings.length}.`,
  ].join("\n");
}

function rowOf({ id, kind, keys, validUntil, findings }: InspectedAccount): readonly string[] {
  return [id, kind, keys.join(", "), validUntil ?? "-", stateOf(findings)];
}

function stateOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return "ok";
  return findings.some(({ severity }) => severity === "wrong") ? "wrong" : "warning";
}
