import { type Kysely, Kysely as KyselyDatabase, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";

import { isRetryableConflict } from "./errors.ts";
import { PreparingClient } from "./preparing-client.ts";
import type { Tables } from "./schema.ts";

/** A connection pool: for reading, and for opening transactions. */
export type Db = Kysely<Tables>;

/** Inside a transaction. Functions that lock rows take this, so that locking outside of one does not compile. */
export type Tx = Transaction<Tables>;

/** Longest wait for a free or new connection before the caller is told that the database is not there. */
const connectTimeoutMs = 3_000;
/** A statement that waits longer for a row gives up, and its job or request is tried again. */
const lockTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;
const idleInTransactionTimeoutMs = 15_000;
/** A deadlock's or a conflict's victim is simply run again. */
const maximumTries = 4;

export type OpenDatabaseOptions = {
  readonly url: string;
  readonly name: string;
  readonly poolSize: number;
  /** An idle connection that breaks: the pool replaces it, but somebody should read of it. */
  readonly onError: (error: Error) => void;
};

/** Opens the pool. Connects on first use, so a database that is down shows itself there. */
export function openDatabase({ url, name, poolSize, onError }: OpenDatabaseOptions): Db {
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    application_name: name,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    options: [
      `-c lock_timeout=${lockTimeoutMs}`,
      `-c statement_timeout=${statementTimeoutMs}`,
      `-c idle_in_transaction_session_timeout=${idleInTransactionTimeoutMs}`,
    ].join(" "),
  });
  pool.on("error", onError);
  // A connection that breaks while it is in use fails its query; without a listener it would end the process as well.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return new KyselyDatabase<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Runs `work` in one transaction, and again when it was the victim of a deadlock or a serialisation conflict. `work`
 * must therefore touch nothing but the transaction.
 */
export async function transact<Result>(db: Db, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tried >= maximumTries || !isRetryableConflict(error)) throw error;
    }
  }
}
