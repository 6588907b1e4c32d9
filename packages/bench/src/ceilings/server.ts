import { once } from "node:events";

import { serve } from "@hono/node-server";
import { isSignedBy, readFlatBody } from "@zhanggui/gateways";
import { Queue, createPostgresBackend, withBackend } from "bullmq";
import { Hono } from "hono";
import { Redis } from "ioredis";

/**
 * The least that a callback endpoint can be: Hono and the signature, and with `ADD` one bare BullMQ `queue.add`. What
 * it acknowledges is not safe anywhere; it is here to be compared with.
 */
const { SECRET: secret = "", ADD: add, REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = process.env;

const queuePoolSize = 6;

function openQueue() {
  if (add === "redis")
    return new Queue("ceiling", { connection: new Redis(redisUrl ?? "", { maxRetriesPerRequest: 1 }) });
  const onPostgres = withBackend(createPostgresBackend);
  const connection = {
    connectionString: databaseUrl ?? "",
    max: queuePoolSize,
    options: "-c search_path=bullmq",
  };
  return new onPostgres.Queue("ceiling", { connection });
}

const queue = add === undefined ? undefined : openQueue();
await queue?.waitUntilReady();

const app = new Hono().post("/callbacks/:provider", async (c) => {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const fields = readFlatBody(c.req.header("content-type"), body);
  if (fields === undefined || !isSignedBy(fields, [secret])) return c.json({ code: "FAIL" }, 401);
  const id = fields.get("transaction_id") ?? "";
  await queue?.add("settle", { callbackId: id }, { jobId: `ceiling.${id}`, removeOnComplete: true });
  return c.json({ code: "SUCCESS" });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => process.send?.({ port }));
await once(process, "SIGTERM");
server.close();
process.exit(0);
