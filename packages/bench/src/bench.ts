import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { migrateQueue } from "@zhanggui/queue";

import { type CeilingQueue, measureBareEndpoint } from "./ceilings/acknowledging.ts";
import { type PlainSql, measurePlainSql } from "./ceilings/plain-sql.ts";
import { type Conservation, checkConservation } from "./conservation.ts";
import { makeDatabase, openPool } from "./database.ts";
import type { Rate } from "./load/load.ts";
import { describeMachine } from "./machine.ts";
import { measureCallbacks } from "./measures/callbacks.ts";
import { measureExpiry } from "./measures/expiry.ts";
import { measureOrders } from "./measures/orders.ts";
import type { Backend, BenchOptions } from "./options.ts";
import { type BackendReport, type Report, ratio } from "./report.ts";
import type { Servers } from "./servers.ts";
import { fillCatalogue } from "./shop.ts";
import { startSystem } from "./system.ts";
import { openTimers } from "./timers.ts";

const poolSize = 4;

export type Say = (sentence: string) => void;

/** Measures everything, one thing after the other: on few cores two things at once would measure each other. */
export async function runBench(servers: Servers, options: BenchOptions, say: Say): Promise<Report> {
  const startedAt = new Date();
  const machine = await describeMachine(servers.postgres.url, servers.redisVersion);

  say("ceiling: bare endpoint");
  const bareEndpoint = await measureBareEndpoint({ kind: "none" }, options.callbacks);
  say("ceiling: plain SQL");
  const { conservation, ...plainSql } = await measurePlainSql(await newDatabase(servers), options);

  const measured: Measured[] = [];
  for (const backend of servers.backends) {
    measured.push(await measureBackend(servers, options, { backend, bareEndpoint, plainSql, say }));
  }
  const checks = [conservation, ...measured.map((one) => one.conservation)];
  return {
    startedAt: startedAt.toISOString(),
    durationSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    options: {
      orders: options.orders,
      callbacks: options.callbacks,
      expiring: options.expiring,
      backend: options.backend,
      quick: options.quick,
    },
    setting: {
      processes: "one api, one worker, the load generator, PostgreSQL and Redis share this machine",
      logging: "LOG_LEVEL=warn: no line for each request and job",
      postgres: "embedded, durable: fsync and synchronous_commit on",
      redis: "append-only file, fsync every second",
    },
    machine,
    ceilings: { bareEndpoint, plainSql },
    backends: measured.map(({ report }) => report),
    conservation: checks,
    logLines: measured.reduce((sum, { lines }) => sum + lines, 0),
    ok: checks.every(({ ok }) => ok),
  };
}

function newDatabase({ postgres }: Servers): Promise<string> {
  return makeDatabase(postgres.url, `bench_${randomBytes(4).toString("hex")}`);
}

type Measured = { readonly report: BackendReport; readonly conservation: Conservation; readonly lines: number };

type Context = {
  readonly backend: Backend;
  readonly bareEndpoint: Rate;
  readonly plainSql: Omit<PlainSql, "conservation">;
  readonly say: Say;
};

async function measureBackend(servers: Servers, options: BenchOptions, context: Context): Promise<Measured> {
  const { backend, bareEndpoint, plainSql, say } = context;
  const { redisUrl } = servers;
  say(`${backend}: ceiling: endpoint with one queue.add`);
  const endpointWithAdd = await measureBareEndpoint(await ceilingQueue(servers, backend), options.callbacks);

  const databaseUrl = await newDatabase(servers);
  const queueUrl = backend === "redis" ? redisUrl : undefined;
  const pool = openPool(databaseUrl, poolSize);
  let lines = 0;
  try {
    await fillCatalogue(pool);
    const system = await startSystem({
      directory: join(servers.directory, backend),
      databaseUrl,
      redisUrl: queueUrl,
      profile: options.profile === undefined ? undefined : join(options.profile, backend),
      onLine: (line) => {
        lines += 1;
        if (lines <= loggedLines) say(line);
      },
    });
    const timers = await openTimers(databaseUrl, queueUrl);
    try {
      const subject = { system, pool, timers };
      say(`${backend}: orders`);
      const orders = await measureOrders(subject, options.orders);
      say(`${backend}: callbacks`);
      const callbacks = await measureCallbacks(subject, options.callbacks);
      say(`${backend}: expiry`);
      const expiry = await measureExpiry(subject, options.expiring);
      return {
        report: {
          backend,
          orders,
          callbacks,
          expiry,
          ceiling: { endpointWithAdd },
          ratios: {
            ordersToPlainSql: ratio(orders.perSecond, plainSql.placedPerSecond),
            acknowledgedToBareEndpoint: ratio(callbacks.acknowledged.perSecond, bareEndpoint.perSecond),
            acknowledgedToEndpointWithAdd: ratio(callbacks.acknowledged.perSecond, endpointWithAdd.perSecond),
            settledToPlainSql: ratio(callbacks.settledPerSecond, plainSql.settledPerSecond),
            expiredToPlainSql: ratio(expiry.expiredPerSecond, plainSql.expiredPerSecond),
          },
        },
        conservation: await checkConservation(pool, backend, { settled: callbacks.sent, expired: expiry.expired }),
        lines,
      };
    } finally {
      await timers.close();
      await system.stop();
    }
  } finally {
    await pool.end();
  }
}

/** Of what api and worker log, so much is shown. */
const loggedLines = 20;

async function ceilingQueue(servers: Servers, backend: Backend): Promise<CeilingQueue> {
  if (backend === "redis") return { kind: "redis", redisUrl: servers.redisUrl ?? "" };
  const databaseUrl = await newDatabase(servers);
  await migrateQueue(databaseUrl);
  return { kind: "postgres", databaseUrl };
}
