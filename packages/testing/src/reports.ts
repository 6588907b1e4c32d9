import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What one workspace's tests came to. `trouble` is set when the numbers alone would tell too good a story. */
export type WorkspaceResult = {
  readonly workspace: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly trouble?: string;
};

const reportPath = "test-results/vitest.json";

const Report = z.object({
  success: z.boolean(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

const Manifest = z.object({ scripts: z.object({ test: z.string().optional() }).default({}) });

/** The folders of all workspaces, relative to the root. */
function findWorkspaces(root: string): readonly string[] {
  return globSync("{apps,packages}/*/package.json", { cwd: root })
    .map((path) => path.replaceAll("\\", "/").replace("/package.json", ""))
    .toSorted();
}

/** So that no result of an earlier run is counted again. */
export function deleteReports(root: string): void {
  for (const workspace of findWorkspaces(root)) rmSync(join(root, workspace, reportPath), { force: true });
}

/** One result per workspace that wrote a report, and, when all were `asked`, per workspace that should have. */
export function readReports(root: string, asked: "all" | "some"): readonly WorkspaceResult[] {
  return findWorkspaces(root)
    .filter((workspace) => hasReport(root, workspace) || (asked === "all" && shouldReport(root, workspace)))
    .map((workspace) => readReport(root, workspace));
}

function hasReport(root: string, workspace: string): boolean {
  return existsSync(join(root, workspace, reportPath));
}

/** Also a workspace that has tests and forgot to say how to run them. */
function shouldReport(root: string, workspace: string): boolean {
  const { scripts } = Manifest.parse(parseJson(readFileSync(join(root, workspace, "package.json"), "utf8")));
  return (
    scripts.test !== undefined || globSync("{src,test}/**/*.test.{ts,tsx}", { cwd: join(root, workspace) }).length > 0
  );
}

function readReport(root: string, workspace: string): WorkspaceResult {
  const nothing = { workspace, passed: 0, failed: 0, skipped: 0 };
  if (!hasReport(root, workspace)) return { ...nothing, failed: 1, trouble: "wrote no report" };

  const report = Report.safeParse(parseJson(readFileSync(join(root, workspace, reportPath), "utf8")));
  if (!report.success) return { ...nothing, failed: 1, trouble: "wrote a report that cannot be read" };

  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = report.data;
  const broken = brokenFiles(report.data);
  // An error outside of any test fails the run although each test passed.
  const unexplained = !success && numFailedTests + broken === 0 ? 1 : 0;
  const result = {
    workspace,
    passed: numPassedTests,
    failed: numFailedTests + broken + unexplained,
    skipped: numPendingTests + numTodoTests,
  };
  if (broken > 0) return { ...result, trouble: `${broken} test file(s) did not run` };
  return unexplained > 0 ? { ...result, trouble: "failed outside of its tests" } : result;
}

/** Files that failed although none of their tests did: they did not load, or a hook failed. */
function brokenFiles({ testResults }: z.infer<typeof Report>): number {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  ).length;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
