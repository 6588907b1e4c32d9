import { fileURLToPath } from "node:url";
import { deleteReports, readReports } from "./reports.ts";
import { resultsTable } from "./results-table.ts";
import { ensureServers } from "./servers.ts";
import { runTurbo } from "./turbo.ts";

/** What the root's `pnpm test` runs: every workspace's tests, one after the other, on one set of servers. */
async function runAll(args: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  deleteReports(root);

  const servers = await ensureServers();
  try {
    const exitCode = await runTurbo({
      root,
      args: ["run", "test", "--concurrency=1", "--continue", "--env-mode=loose", ...args],
      environment: { TEST_DATABASE_URL: servers.databaseUrl, TEST_REDIS_URL: servers.redisUrl ?? "" },
    });
    const results = readReports(root, args.length === 0 ? "all" : "some");
    process.stdout.write(`${resultsTable(results)}\n`);
    return exitCode === 0 && results.some(({ failed }) => failed > 0) ? 1 : exitCode;
  } finally {
    await servers.stop();
  }
}

try {
  process.exitCode = await runAll(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
