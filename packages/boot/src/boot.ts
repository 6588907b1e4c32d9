import { setTimeout as sleep } from "node:timers/promises";

import { isDatabaseUnavailable, migrate, openDatabase } from "@zhanggui/db";
import { type OpenProviders, mockProvider, openProviders } from "@zhanggui/gateways";
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
  /** Ends the following of `PROVIDERS_FILE`. */
  readonly closeProviders: () => void;
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

  const { providers, close: closeProviders } = await providersOf(environment, log);
  refuseUnknownProviders(environment, providers, closeProviders);
  const backend = chooseBackend({ redisUrl, databaseUrl, forced });
  const db = openDatabase({
    url: databaseUrl,
    name: `zhanggui-${name}`,
    poolSize,
    onError: (error) => log.warn({ err: error }, "an idle database connection broke"),
  });
  const closeOpened = async (): Promise<void> => {
    closeProviders();
    await db.destroy();
  };
  const producer = await closingOnFailure(closeOpened, async () => {
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
    secondPersonLimit: environment.SECOND_PERSON_LIMIT,
    latePaymentPolicies: environment.LATE_PAYMENT_POLICY,
  };
  return { engine, producer, backend, closeProviders };
}

/** A policy for a provider that does not exist is a slip that would cost money unseen. */
function refuseUnknownProviders(
  { LATE_PAYMENT_POLICY: { byProvider } }: Environment,
  providers: Booted["engine"]["providers"],
  close: () => void,
): void {
  const unknown = Object.keys(byProvider).filter((provider) => !providers.has(provider));
  if (unknown.length === 0) return;
  close();
  throw new ConfigurationError(unknown.map((provider) => `LATE_PAYMENT_POLICY: there is no provider ${provider}`));
}

/** What was opened must not outlive a failure to open the rest. */
async function closingOnFailure<Result>(close: () => Promise<void>, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await close();
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

/** `PROVIDERS_FILE` as it is at each question, or outside production one signed mock whose secret lies in `DATA_DIR`. */
async function providersOf(environment: Environment, log: Logger): Promise<OpenProviders> {
  const { PROVIDERS_FILE: file, NODE_ENV, DATA_DIR, SIMULATOR_PORT } = environment;
  const production = NODE_ENV === "production";
  if (file !== undefined) return followProviders(file, production, log);
  if (production) throw new ConfigurationError(["PROVIDERS_FILE: is required in production"]);
  const simulator = SIMULATOR_PORT === undefined ? undefined : `http://127.0.0.1:${SIMULATOR_PORT}/gateways/mock`;
  const providers = mockProvider(await developmentSecret(DATA_DIR, "mock"), simulator);
  return { providers, close: () => undefined };
}

function followProviders(file: string, production: boolean, log: Logger): Promise<OpenProviders> {
  return openProviders({
    file,
    production,
    onReload: ({ added, changed, removed }) => {
      log.info({ added, changed, removed }, "the providers file was read again");
      if (removed.length > 0) {
        log.warn({ removed }, "providers were removed: callbacks and calls for their open payments are refused");
      }
    },
    onProblem: (problems) => {
      log.error({ problems }, "the providers file is wrong: the accounts before it stay in use");
    },
  });
}

/** Closes what `boot` opened. */
export async function shutDown({ engine, producer, closeProviders }: Booted): Promise<void> {
  closeProviders();
  await producer.close();
  await engine.db.destroy();
}
