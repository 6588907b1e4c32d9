import { audit, orders, payments } from "@zhanggui/db";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";
import type { OrderChange } from "../order-events.ts";
import { idParam } from "../schemas/text.ts";
import { ownOrder } from "./orders.ts";

/** Silence longer than this makes proxies close a stream. */
const heartbeatMs = 15_000;
/** Clients reconnect by themselves and go on after the last event they had. */
const longestStreamMs = 60 * 60 * 1000;
const entryId = /^[0-9]{1,18}$/;

type Message = { readonly event: string; readonly data: string; readonly id: string };

/**
 * `GET /orders/:id/events`: first how the order and its payments stand, then each change of their status. With
 * `Last-Event-ID` it starts with what was missed instead.
 */
export function eventRoutes({ engine, orderEvents }: Pick<Deps, "engine" | "orderEvents">) {
  const { db } = engine;
  return new Hono<AppEnv>().get("/:id/events", async (c) => {
    const id = idParam.shape.id.safeParse(c.req.param("id")).data ?? "";
    ownOrder(await orders.find(db, id), id, c.get("caller").sub);
    c.header("X-Accel-Buffering", "no");
    // Nobody would ever read the stream of a HEAD request, or end it.
    if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream" });

    // Read before the rows: a change in between is then told twice rather than never.
    const newest = await audit.lastIdOf(db, id);
    const resumedAt = resumePoint(c.req.header("last-event-id"), newest);
    const queue = resumedAt === undefined ? await standingOf(engine, id, newest) : [];
    let ended = false;
    let wake = (): void => undefined;
    const stop = orderEvents.watch(id, resumedAt ?? newest, {
      onChange: (change) => {
        queue.push(messageOf(change));
        wake();
      },
      onEnd: () => {
        ended = true;
        wake();
      },
    });
    return streamSSE(c, async (stream) => {
      const until = performance.now() + longestStreamMs;
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted && !stream.closed && !ended && performance.now() < until) {
          for (const next of queue.splice(0)) await stream.writeSSE(next);
          if (queue.length > 0 || ended) continue;
          const woken = await waitFor(heartbeatMs, (ring) => {
            wake = ring;
          });
          if (!woken) await stream.write(": still here\n\n");
        }
      } finally {
        stop();
      }
    });
  });
}

/** An id that this order has not reached yet is none of ours: the listener is told everything anew. */
function resumePoint(lastEventId: string | undefined, newest: string): string | undefined {
  if (lastEventId === undefined || !entryId.test(lastEventId)) return undefined;
  return BigInt(lastEventId) <= BigInt(newest) ? lastEventId : undefined;
}

async function standingOf({ db }: Pick<Deps["engine"], "db">, orderId: string, at: string): Promise<Message[]> {
  const [order, attempts] = await Promise.all([orders.find(db, orderId), payments.ofOrder(db, orderId)]);
  const messages = attempts.map(({ id, status }) => message("payment", { id, orderId, status }, at));
  return order === undefined
    ? messages
    : [message("order", { id: orderId, orderId, status: order.status }, at), ...messages];
}

function messageOf({ id, entity, entity_id, order_id, status, at }: OrderChange): Message {
  return message(entity, { id: entity_id, orderId: order_id, status, at: at.toISOString() }, id);
}

function message(event: string, data: Readonly<Record<string, string>>, id: string): Message {
  return { event, data: JSON.stringify(data), id };
}

/** Waits to be rung, or until the time is over. */
async function waitFor(ms: number, onBell: (ring: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    onBell(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
