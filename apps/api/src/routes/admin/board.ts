import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import { Fault } from "@zhanggui/domain";
import { queueNames } from "@zhanggui/queue";
import { Hono } from "hono";

import type { Deps } from "../../deps.ts";
import type { AppEnv } from "../../http/authentication.ts";

/** Where the board is mounted; it writes this into its page. */
export const boardPath = "/admin/queues";

/**
 * bull-board, read-only, for a look at the queue's inside. Its own buttons could rerun a settled job or rewrite a job's
 * data: retries go through the audited admin API.
 */
export function boardRoutes({ producer }: Pick<Deps, "producer">): Hono<AppEnv> {
  let board: Hono | undefined;
  return new Hono<AppEnv>().all("*", async (c) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD")
      throw new Fault("forbidden", { why: "the board is read-only" });
    board ??= await openBoard(producer);
    return board.fetch(c.req.raw, c.env);
  });
}

async function openBoard(producer: Deps["producer"]): Promise<Hono> {
  const queues = await producer.queues().catch(() => {
    throw new Fault("queue_unavailable");
  });
  const adapter = new HonoAdapter(serveStatic);
  adapter.setBasePath(boardPath);
  createBullBoard({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The board's types know BullMQ's queue on Redis only; what it reads is the same on both.
    queues: queueNames.map((name) => new BullMQAdapter(queues[name] as never, { readOnlyMode: true })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: "Zhanggui queues" } },
  });
  return new Hono().route(boardPath, adapter.registerPlugin());
}
