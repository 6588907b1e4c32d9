import type { WorkspaceResult } from "./reports.ts";

/** The results as text; its last line is the sum, for people and programs that read nothing else. */
export function resultsTable(results: readonly WorkspaceResult[]): string {
  const rows = results.map(({ workspace, passed, failed, skipped, trouble }) => [
    workspace,
    String(passed),
    String(failed),
    String(skipped),
    trouble ?? "",
  ]);
  const header = ["workspace", "passed", "failed", "skipped", ""];
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) => align(cell, column, widths))
      .join("  ")
      .trimEnd(),
  );
  return ["", ...lines, "", sumLine(results)].join("\n");
}

const widths = [24, 8, 8, 8, 0];

function align(cell: string, column: number, columnWidths: readonly number[]): string {
  const width = columnWidths[column] ?? 0;
  return column === 0 || width === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function sumLine(results: readonly WorkspaceResult[]): string {
  const sum = (count: (result: WorkspaceResult) => number) =>
    results.reduce((total, result) => total + count(result), 0);
  const skipped = sum((result) => result.skipped);
  const line = `${sum((result) => result.passed)} passed, ${sum((result) => result.failed)} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
