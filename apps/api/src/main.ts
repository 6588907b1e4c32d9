import { serve } from "@hono/node-server";
import { openSessions } from "@zhanggui/operators/sign-in";
import { boot, shutDown } from "@zhanggui/boot";
import {
  ConfigurationError,
  type Environment,
  createLogger,
  createMetrics,
  developmentSecret,
  readEnvironment,
  runMain,
  stopOnSignal,
} from "@zhanggui/runtime";

import { buildApp } from "./app.ts";
import { createAuthenticate } from "./http/authentication.ts";
import { createOrderEvents } from "./order-events.ts";
import { createRefusalCounter } from "./refused-callbacks.ts";

const databasePoolSize = 20;
/** Requests under way get so long to end when the process stops. */
const drainLimitMs = 3_000;
/** A sender that takes longer to say what it wants is cut off; answers may take as long as they need. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000 };

await runMain(async () => {
  const environment = readEnvironment(process.env, ["DATABASE_URL"]);
  const { API_HOST: host, API_PORT: port, LOG_LEVEL, NODE_ENV } = environment;
  const authenticate = createAuthenticate({
    secret: await jwtSecretOf(environment),
    jwksUrl: environment.JWT_JWKS_URL,
    now: () => new Date(),
  });
  const authSecret = await authSecretOf(environment);
  const log = createLogger("api", LOG_LEVEL);
  if (authSecret === undefined) log.warn("AUTH_SECRET is not set: operators cannot sign in, tokens alone count");
  const booted = await boot(environment, { name: "api", poolSize: databasePoolSize, log, now: () => new Date() });
  const { engine, producer, backend } = booted;
  const orderEvents = createOrderEvents(engine.db, (error) => log.error({ err: error }, "order events were not read"));
  const refusals = createRefusalCounter(engine.db, log);

  let accepting = true;
  const app = buildApp({
    engine,
    producer,
    log,
    metrics: createMetrics("api"),
    authenticate,
    sessions:
      authSecret === undefined
        ? undefined
        : openSessions({ db: engine.db, publicUrl: engine.publicUrl, secret: authSecret, now: () => new Date() }),
    orderEvents,
    refusals,
    production: NODE_ENV === "production",
    isAccepting: () => accepting,
  });
  const server = serve({ fetch: app.fetch, hostname: host, port, serverOptions: timeouts }, () => {
    log.info({ host, port, queue: backend.kind }, "listening");
    process.send?.("ready");
  });
  server.on("error", (error: Error) => {
    process.stderr.write(`API_PORT: cannot listen on ${host}:${port} (${error.message})\n`);
    process.exit(1);
  });
  const closeServer = async (): Promise<void> => {
    accepting = false;
    orderEvents.close();
    const closed = new Promise((resolve) => server.close(resolve));
    const limit = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), drainLimitMs);
    if ("closeIdleConnections" in server) server.closeIdleConnections();
    await closed;
    clearTimeout(limit);
  };
  stopOnSignal(log, [
    { name: "server", close: closeServer },
    { name: "refusals", close: refusals.close },
    { name: "connections", close: () => shutDown(booted) },
  ]);
});

/** The shop's secret; outside production one of our own, when nobody gave one. */
async function jwtSecretOf({ JWT_SECRET, JWT_JWKS_URL, NODE_ENV, DATA_DIR }: Environment): Promise<string | undefined> {
  if (JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined) return JWT_SECRET;
  if (NODE_ENV === "production")
    throw new ConfigurationError(["JWT_SECRET: it or JWT_JWKS_URL is required in production"]);
  return developmentSecret(DATA_DIR, "jwt");
}

/** What operators' sessions are signed with; outside production one of our own, when nobody gave one. */
async function authSecretOf({ AUTH_SECRET, NODE_ENV, DATA_DIR }: Environment): Promise<string | undefined> {
  if (AUTH_SECRET !== undefined || NODE_ENV === "production") return AUTH_SECRET;
  return developmentSecret(DATA_DIR, "auth");
}
