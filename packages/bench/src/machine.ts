import { cpus, totalmem, arch, platform, release } from "node:os";

import pg from "pg";

import { round, spreadOf } from "./percentiles.ts";

export type Machine = {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  readonly redis: string | undefined;
  /** How long one durable commit takes here; half of every number hangs on it. */
  readonly commitMs: number;
};

const gib = 1024 ** 3;
const commits = 200;

/** What the numbers were measured on. */
export async function describeMachine(databaseUrl: string, redisVersion: string | undefined): Promise<Machine> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>("show server_version");
    return {
      cpu: cpus()[0]?.model ?? "unknown",
      cpus: cpus().length,
      memoryGiB: round(totalmem() / gib),
      system: `${platform()} ${release()} ${arch()}`,
      node: process.version,
      postgres: rows[0]?.server_version ?? "unknown",
      redis: redisVersion,
      commitMs: await timeCommits(client),
    };
  } finally {
    await client.end();
  }
}

async function timeCommits(client: pg.Client): Promise<number> {
  await client.query("create table commit_probe (n int)");
  const durations: number[] = [];
  for (let n = 0; n < commits; n += 1) {
    const startedAt = performance.now();
    await client.query("insert into commit_probe values ($1)", [n]);
    durations.push(performance.now() - startedAt);
  }
  await client.query("drop table commit_probe");
  return spreadOf(durations).p50;
}
