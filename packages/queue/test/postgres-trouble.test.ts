import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";

import { countJobs, migrateQueue, queueNames } from "../src/index.ts";
import { testPool, testProducer, timed, until } from "./support/bench.ts";
import { type Place, openPostgresPlace } from "./support/places.ts";

let place: Place;
let url: string;
let uncaught: unknown[];
const keep = (error: unknown) => void uncaught.push(error);
beforeEach(async () => {
  uncaught = [];
  process.on("uncaughtException", keep);
  process.on("unhandledRejection", keep);
  place = await openPostgresPlace();
  url = place.backend.kind === "postgres" ? place.backend.url : "";
});
afterEach(async () => {
  process.off("uncaughtException", keep);
  process.off("unhandledRejection", keep);
  await place.remove();
  expect(uncaught).toEqual([]);
});

async function ask<Row extends object>(text: string, at = url): Promise<Row[]> {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const terminateAll =
  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ jobId: `mock.n${n}`, payload: { callbackId: `cb_${n}` } }));

test("a storm of retries ends: nothing stuck, nothing lost, no deadlock seen", { timeout: 45_000 }, async () => {
  const failures = 3;
  const failed = new Map<string, number>();
  const done = new Set<string>();
  const storm = async ({ callbackId }: { readonly callbackId: string }) => {
    const times = failed.get(callbackId) ?? 0;
    if (times < failures) {
      failed.set(callbackId, times + 1);
      throw new Error("not yet");
    }
    done.add(callbackId);
  };
  const producer = await testProducer(place.backend);
  const pools = [
    await testPool(place.backend, { "settle-callback": storm }),
    await testPool(place.backend, { "settle-callback": storm }),
  ];

  await producer.rearm("settle-callback", many(200));
  await until("all are done", () => done.size === 200, 30_000);

  await until("none is left", async () => (await countJobs(producer)).callbacks.active === 0, 3_000);
  expect((await countJobs(producer)).callbacks).toMatchObject({ waiting: 0, delayed: 0, failed: 0 });
  const runs = pools.flatMap((pool) => pool.runs);
  expect(runs).toHaveLength(200 * (failures + 1));
  expect(pools.flatMap(({ log }) => log.lines)).toEqual([]);
});

test("a role that may not set deadlock_timeout has a queue too", async () => {
  const role = `plain_${randomBytes(6).toString("hex")}`;
  const database = new URL(url).pathname.slice(1);
  await ask(`create role ${role} login password 'plain'`);
  await ask("drop schema bullmq cascade");
  await ask(`grant create, connect on database "${database}" to ${role}`);
  const plain = new URL(url);
  plain.username = role;
  plain.password = "plain";
  const [may] = await ask<{ may: boolean }>(
    "select has_parameter_privilege(current_user, 'deadlock_timeout', 'SET') as may",
    plain.href,
  );
  expect(may).toEqual({ may: false });
  const backend = { kind: "postgres", url: plain.href } as const;

  await migrateQueue(plain.href);
  const producer = await testProducer(backend);
  const { runs, ready, close } = await testPool(backend);
  expect(await ready()).toBe(true);
  await producer.rearm("settle-callback", many(10));

  await until("all are done", () => runs.length === 10);
  await close();
  await producer.close();
  await ask(`drop owned by ${role}`);
  await ask(`drop role ${role}`);
});

test("several processes may make the tables at once, and they are vacuumed often", async () => {
  await ask("drop schema bullmq cascade");

  await Promise.all([1, 2, 3, 4].map(() => migrateQueue(url)));
  await migrateQueue(url);

  const tables = await ask<{ relname: string; reloptions: string[] }>(
    "select relname, reloptions from pg_class where relnamespace = 'bullmq'::regnamespace and relname in ('job', 'event') order by 1",
  );
  for (const { reloptions } of tables) expect(reloptions).toContain("autovacuum_vacuum_scale_factor=0.02");
  expect(tables).toHaveLength(2);
});

test("after all its connections were ended the queue works on, without a storm of errors", async () => {
  const producer = await testProducer(place.backend);
  const pool = await testPool(place.backend);
  await pool.ready();
  await producer.rearm("settle-callback", many(5));
  await until("they are done", () => pool.runs.length === 5);

  for (let round = 0; round < 3; round += 1) {
    await ask(terminateAll);
    await sleep(200);
  }
  await until("jobs can be added", async () => {
    const { error } = await timed(
      producer.add("settle-callback", { jobId: "mock.after", payload: { callbackId: "cb" } }),
    );
    return error === undefined;
  });

  await until("jobs are done", () => pool.runs.some(({ jobId }) => jobId === "mock.after"), 3_000);
  expect(pool.log.lines.length).toBeLessThan(20);
});

test("a job that was running while its connections were ended is not failed for it", async () => {
  const producer = await testProducer(place.backend);
  const started: string[] = [];
  const pool = await testPool(place.backend, {
    "settle-callback": async (_, { jobId }) => {
      started.push(jobId);
      await sleep(400);
    },
  });
  await producer.rearm("settle-callback", many(10));
  await until("all run", () => started.length === 10);

  await ask(terminateAll);

  await until("all are done and gone", async () => {
    const { error } = await timed(countJobs(producer));
    if (error !== undefined) return false;
    const { active, waiting, delayed } = (await countJobs(producer)).callbacks;
    return active === 0 && waiting === 0 && delayed === 0;
  });
  expect(pool.runs.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(started).toHaveLength(10);
});

test("a database that refuses newcomers for a while is asked once a second, not as fast as can be", async () => {
  const producer = await testProducer(place.backend);
  const pool = await testPool(place.backend);
  await pool.ready();
  const database = new URL(url).pathname.slice(1);
  const server = new URL(url);
  server.pathname = "/postgres";
  await ask(`alter database "${database}" allow_connections false`, server.href);
  await ask(terminateAll.replace("current_database()", `'${database}'`), server.href);

  await sleep(2_000);
  const refused = await timed(producer.add("settle-callback", { jobId: "mock.1", payload: { callbackId: "cb_1" } }));
  const noise = pool.log.lines.length;
  await ask(`alter database "${database}" allow_connections true`, server.href);

  expect(refused.error).toBeInstanceOf(Error);
  expect(refused.ms).toBeLessThan(1_300);
  expect(noise).toBeLessThan(20);
  await until("jobs can be added", async () => {
    const { error } = await timed(
      producer.add("settle-callback", { jobId: "mock.1", payload: { callbackId: "cb_1" } }),
    );
    return error === undefined;
  });
  await until("jobs are done", () => pool.runs.length === 1, 4_000);
});

test("every worker listens, and connections are left for their jobs", async () => {
  const pool = await testPool(place.backend);
  await pool.ready();
  const connections = async () => {
    const [row] = await ask<{ listening: number; all: number }>(
      `select count(*)::int as all, count(*) filter (where application_name <> 'zhanggui-queue')::int as listening
         from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    return row;
  };

  await until("all of them listen", async () => (await connections())?.listening === queueNames.length);
  expect((await connections())?.all).toBeLessThanOrEqual(14);
});
