import { setTimeout as sleep } from "node:timers/promises";

import { ConnectionClosedError, type PgPool, runMigrations } from "bullmq";
import pg from "pg";

/** BullMQ's own schema, beside ours in the same database. */
const searchPath = "-c search_path=bullmq";
const maximumTries = 8;
const longestPauseMs = 50;
const deadlockCodes: ReadonlySet<unknown> = new Set(["40P01", "40001"]);
const connectTimeoutMs = 3_000;
/** A statement without an answer for so long is given up with its connection: the server hangs, or the network does. */
const queryTimeoutMs = 10_000;

type OnError = (error: Error) => void;

/**
 * A pool that runs a deadlock's victim again. BullMQ 6.7's `move_to_active` locks due rows in no fixed order, so two
 * fetches can deadlock; each of its operations is one statement, which is safe to run again unchanged.
 */
function withRetries(pool: pg.Pool, onError: OnError): PgPool {
  const proxy = new Proxy(pool, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      const call = (...words: unknown[]): unknown => Reflect.apply(member, target, words);
      return name === "query" ? (...words: unknown[]) => retrying(() => call(...words), onError) : call;
    },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A pg.Pool is what BullMQ takes; only the overloads of `on` in @types/pg do not fit BullMQ's narrower ones.
  return proxy as unknown as PgPool;
}

async function retrying(run: () => unknown, onError: OnError): Promise<unknown> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error && isServerAway(error)) {
        onError(error);
        throw new ConnectionClosedError(error.message, error);
      }
      if (tried >= maximumTries || !deadlockCodes.has(codeOf(error))) throw error;
      await sleep(Math.random() * longestPauseMs * tried);
    }
  }
}

/** SQLSTATE classes of a server that does not serve now: connection, resources, operator intervention. */
const awayClasses = ["08", "53", "57P"];
const awaySystemCodes: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"]);
/** node-postgres says these in words only. */
const awayWords = /connection terminated|timeout exceeded when trying to connect|connection error|query read timeout/i;

/**
 * BullMQ knows a connection's end only by ioredis's words and ECONNREFUSED. Told in its own words it waits a moment and
 * does the same again; otherwise it asks a restarting server as fast as it can, and counts a finished job as failed.
 */
function isServerAway(error: Error): boolean {
  const code = codeOf(error);
  return typeof code === "string"
    ? awaySystemCodes.has(code) || awayClasses.some((start) => code.startsWith(start))
    : awayWords.test(error.message);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

export type QueuePoolOptions = {
  readonly url: string;
  readonly size: number;
  readonly onError: OnError;
};

/** Opens a pool for BullMQ. One connection of it listens for each worker, so `size` is larger than their number. */
export async function openQueuePool({ url, size, onError }: QueuePoolOptions): Promise<PgPool> {
  const options = (await maySetDeadlockTimeout(url)) ? `${searchPath} -c deadlock_timeout=50ms` : searchPath;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "zhanggui-queue",
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    options,
  });
  pool.on("error", onError);
  // A connection that breaks while somebody holds it says so to its holder; without a listener it ends the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return withRetries(pool, onError);
}

/** Finding a deadlock takes PostgreSQL a second by default; 50 ms needs a privilege that only some roles have. */
async function maySetDeadlockTimeout(url: string): Promise<boolean> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      "select has_parameter_privilege(current_user, 'deadlock_timeout', 'SET') as may",
    );
    return rows[0]?.may === true;
  });
}

/** Makes or updates BullMQ's tables. Safe from several processes at once. */
export async function migrateQueue(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await runMigrations(client);
    await vacuumOften(client);
  });
}

/** Every job is a row that is made, changed three times and deleted; by default a fifth of the table may be dead. */
const busyTables = ["job", "event"] as const;
const vacuumSetting = "autovacuum_vacuum_scale_factor=0.02";

/** Only where it is not set yet: `alter table` would send a running autovacuum away. */
async function vacuumOften(client: pg.Client): Promise<void> {
  for (const table of busyTables) {
    const { rows } = await client.query(
      "select from pg_class where oid = $1::regclass and $2 = any (coalesce(reloptions, '{}'))",
      [`bullmq.${table}`, vacuumSetting],
    );
    if (rows.length === 0) await client.query(`alter table bullmq.${table} set (${vacuumSetting})`);
  }
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  // What breaks rejects the query; without a listener it would end the process too.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
