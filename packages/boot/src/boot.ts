import { setTimeout as sleep } from "node:timers/promises";

import { type Db, isDatabaseUnavailable, migrate, openDatabase } from "@zhanggui/db";
import { type Providers, loadProviders, mockProvider } from "@zhanggui/gateways";
import type { Engine } from "@zhanggui/operations";
import {
  type Producer,
  type QueueBackend,
  chooseBackend,
  createBell,
  migrateQueue,
  openProducer,
} from "@zhanggui/queue";
import { ConfigurationError, type Environment, type Logger, developmentSecret } from "@zhanggui/runtime";

export type Booted = {
  readonly engine: Engine;
  readonly producer: Producer;
  readonly backend: QueueBackend;
};

/** Services wait for a database that starts at the same time as they do; a person at a command line does not. */
const defaultPatienceSeconds = 30;

export type BootOptions = {
  readonly name: string;
  readonly poolSize: number;
  readonly log: Logger;
  /** How long a database that cannot be reached is waited for. */
  readonly patienceSeconds?: number;
  readonly now: () => Date;
};

/** Opens what every process of the system stands on: the database pool, the queue's sending side, the providers. */
export async function boot(environment: Environment, options: BootOptions): Promise<Booted> {
  const { name, poolSize, log, now, patienceSeconds = defaultPatienceSeconds } = options;
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE: forced } = environment;
  if (databaseUrl === undefined) throw new ConfigurationError(["DATABASE_URL: is required"]);

  const providers = await providersOf(environment);
  const backend = chooseBackend({ redisUrl, databaseUrl, forced });
  const db = openDatabase({
    url: databaseUrl,
    name: `zhanggui-${name}`,
    poolSize,
    onError: (error) => log.warn({ err: error }, "an idle database connection broke"),
  });
  const producer = await closingOnFailure(db, async () => {
    await patiently(log, patienceSeconds, async () => {
      await migrate(db);
      if (backend.kind === "postgres") await migrateQueue(databaseUrl);
    });
    return openProducer(backend, log, () => performance.now());
  });
  const engine: Engine = {
    db,
    wake: createBell(producer, { recheckSeconds: environment.EXPIRY_RECHECK_SECONDS }),
    providers,
    outside: { fetch, now },
    log,
    publicUrl: publicUrlOf(environment),
    orderTtlSeconds: environment.ORDER_TTL_SECONDS,
    latePaymentPolicy: environment.LATE_PAYMENT_POLICY,
  };
  return { engine, producer, backend };
}

/** What was opened must not outlive a failure to open the rest. */
async function closingOnFailure<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function patiently(log: Logger, patienceSeconds: number, work: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (tried >= patienceSeconds) {
        throw new ConfigurationError([`DATABASE_URL: the database cannot be reached (${messageOf(error)})`]);
      }
      log.warn({ tried }, "the database cannot be reached yet");
      await sleep(1_000);
    }
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}

export function publicUrlOf({ PUBLIC_URL, API_HOST, API_PORT }: Environment): string {
  const host = API_HOST === "0.0.0.0" || API_HOST === "::" ? "127.0.0.1" : API_HOST;
  return (PUBLIC_URL ?? `http://${host.includes(":") ? `[${host}]` : host}:${API_PORT}`).replace(/\/$/, "");
}

/** `PROVIDERS_FILE`, or outside production one signed mock whose secret lies in `DATA_DIR`. */
async function providersOf(environment: Environment): Promise<Providers> {
  const { PROVIDERS_FILE: file, NODE_ENV, DATA_DIR, SIMULATOR_PORT } = environment;
  const production = NODE_ENV === "production";
  if (file !== undefined) return loadProviders(file, production);
  if (production) throw new ConfigurationError(["PROVIDERS_FILE: is required in production"]);
  const simulator = SIMULATOR_PORT === undefined ? undefined : `http://127.0.0.1:${SIMULATOR_PORT}/gateways/mock`;
  return mockProvider(await developmentSecret(DATA_DIR, "mock"), simulator);
}

/** Closes what `boot` opened. */
export async function shutDown({ engine, producer }: Booted): Promise<void> {
  await producer.close();
  await engine.db.destroy();
}
