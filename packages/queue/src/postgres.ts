import { setTimeout as sleep } from "node:timers/promises";

import { type PgPool, runMigrations } from "bullmq";
import pg from "pg";

/** BullMQ's own schema, beside ours in the same database. */
const searchPath = "-c search_path=bullmq";
const maximumTries = 8;
const longestPauseMs = 50;
const retryableCodes: ReadonlySet<unknown> = new Set(["40P01", "40001"]);
const connectTimeoutMs = 3_000;

/**
 * A pool that runs a deadlock's victim again. BullMQ 6.7's `move_to_active` locks due rows in no fixed order, so two
 * fetches can deadlock; each of its operations is one statement, which is safe to run again unchanged.
 */
function withRetries(pool: pg.Pool): PgPool {
  const proxy = new Proxy(pool, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      const call = (...words: unknown[]): unknown => Reflect.apply(member, target, words);
      return name === "query" ? (...words: unknown[]) => retrying(() => call(...words)) : call;
    },
  });
  // A pg.Pool is what BullMQ takes; only the overloads of `on` in @types/pg do not fit BullMQ's narrower ones.
  return proxy as unknown as PgPool;
}

async function retrying(run: () => unknown): Promise<unknown> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await run();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (tried >= maximumTries || !retryableCodes.has(code)) throw error;
      await sleep(Math.random() * longestPauseMs * tried);
    }
  }
}

export type QueuePoolOptions = {
  readonly url: string;
  readonly size: number;
  readonly onError: (error: Error) => void;
};

/** Opens a pool for BullMQ. One connection of it listens, so `size` is at least 2. */
export async function openQueuePool({ url, size, onError }: QueuePoolOptions): Promise<PgPool> {
  const options = (await maySetDeadlockTimeout(url)) ? `${searchPath} -c deadlock_timeout=50ms` : searchPath;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "zhanggui-queue",
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    options,
  });
  pool.on("error", onError);
  return withRetries(pool);
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
  await withClient(url, (client) => runMigrations(client));
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
