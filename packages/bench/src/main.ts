import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { runMain } from "@zhanggui/runtime";

import { runBench } from "./bench.ts";
import { readOptions } from "./options.ts";
import { startServers } from "./servers.ts";
import { renderReport } from "./table.ts";

const clockWidth = 6;

/** `pnpm bench`: measures, prints a table, writes JSON; exit 1 when money or stock does not add up. */
await runMain(async () => {
  const words = process.argv.slice(2).filter((word) => word !== "--");
  const options = readOptions(words);
  const say = (sentence: string) => {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(clockWidth);
    process.stderr.write(`${seconds} s  ${sentence}\n`);
  };
  const profile = options.profile === undefined ? undefined : resolve(options.profile);

  const servers = await startServers(options);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(signal));
  const interrupted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(new Error(`Stopped by ${String(stop.signal.reason)}.`)));
  });
  try {
    if (options.backend === "both" && servers.redisUrl === undefined) {
      say("LEFT OUT: Redis. There is no redis-server and no valkey-server on PATH.");
    }
    const report = await Promise.race([runBench(servers, { ...options, profile }, say), interrupted]);
    await mkdir(options.output, { recursive: true });
    const file = join(options.output, `${report.startedAt.replaceAll(":", "-")}.json`);
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
    process.stdout.write(`${renderReport(report)}\n${file}\n`);
    process.exitCode = report.ok ? 0 : 1;
  } finally {
    await servers.stop();
  }
});
