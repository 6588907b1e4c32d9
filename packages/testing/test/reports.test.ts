import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deleteReports, readReports } from "../src/reports.ts";
import { resultsTable } from "../src/results-table.ts";

const report = {
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  testResults: [{ status: "passed", assertionResults: [{ status: "passed" }] }],
};

test("a workspace with tests and no report has failed", () => {
  const root = workspaces({ "packages/db": undefined });

  expect(readReports(root, "all")).toMatchObject([{ workspace: "packages/db", failed: 1, trouble: "wrote no report" }]);
});

test("a workspace with tests and no test script has failed too", () => {
  const root = workspaces({ "packages/db": undefined });
  writeFileSync(join(root, "packages/db/package.json"), "{}");
  write(join(root, "packages/db/test/orders.test.ts"), "");

  expect(readReports(root, "all")).toMatchObject([{ failed: 1 }]);
});

test("a workspace that was not asked needs no report", () => {
  const root = workspaces({ "packages/db": undefined, "apps/api": report });

  expect(readReports(root, "some").map(({ workspace }) => workspace)).toEqual(["apps/api"]);
});

test("a report that is cut short has failed", () => {
  const root = workspaces({ "packages/db": report });
  writeFileSync(join(root, "packages/db/test-results/vitest.json"), '{"success": true');

  expect(readReports(root, "all")).toMatchObject([{ failed: 1, trouble: "wrote a report that cannot be read" }]);
});

test("a test file that does not load counts as one failure", () => {
  const testResults = [{ status: "failed", assertionResults: [] }];
  const root = workspaces({ "packages/db": { ...report, success: false, testResults } });

  expect(readReports(root, "all")).toMatchObject([{ passed: 3, failed: 1, trouble: "1 test file(s) did not run" }]);
});

test("a run that failed although all its tests passed counts as one failure", () => {
  const root = workspaces({ "packages/db": { ...report, success: false } });

  expect(readReports(root, "all")).toMatchObject([{ failed: 1, trouble: "failed outside of its tests" }]);
});

test("a failed test is counted once", () => {
  const testResults = [{ status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] }];
  const root = workspaces({ "packages/db": { ...report, success: false, numFailedTests: 1, testResults } });

  expect(readReports(root, "all")).toEqual([{ workspace: "packages/db", passed: 3, failed: 1, skipped: 1 }]);
});

test("an old report is not counted again", () => {
  const root = workspaces({ "packages/db": report });

  deleteReports(root);

  expect(readReports(root, "some")).toEqual([]);
});

test("the table's last line is the sum and nothing else", () => {
  const lastLine = (skipped: number) =>
    resultsTable([
      { workspace: "apps/api", passed: 3, failed: 0, skipped },
      { workspace: "packages/db", passed: 4, failed: 1, skipped: 0, trouble: "1 test file(s) did not run" },
    ])
      .split("\n")
      .at(-1);

  expect(lastLine(0)).toBe("7 passed, 1 failed");
  expect(lastLine(2)).toBe("7 passed, 1 failed, 2 skipped");
});

/** A root folder with these workspaces, each with a test script and its report. */
function workspaces(reports: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(join(tmpdir(), "zhanggui-reports-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [workspace, content] of Object.entries(reports)) {
    write(join(root, workspace, "package.json"), '{"scripts": {"test": "vitest run"}}');
    if (content !== undefined) write(join(root, workspace, "test-results/vitest.json"), JSON.stringify(content));
  }
  return root;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
