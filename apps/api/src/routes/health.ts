import { health } from "@zhanggui/db";
import { Hono } from "hono";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";

/** A probe that takes longer has found out what it wanted to know. */
const probeLimitMs = 2_000;

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the names of what it cannot reach. Without
 * its queue it still takes callbacks, but new orders get their timer only from the sweep: that is not ready.
 */
export function healthRoutes({ engine, producer, isAccepting }: Pick<Deps, "engine" | "producer" | "isAccepting">) {
  return new Hono<AppEnv>()
    .get("/healthz", (c) => c.json({ status: "ok" }, 200))
    .get("/readyz", async (c) => {
      const [database, queue] = await Promise.all([answers(health.ping(engine.db)), answers(producer.ping())]);
      const unreachable = [
        ...(database ? [] : ["database"]),
        ...(queue ? [] : ["queue"]),
        ...(isAccepting() ? [] : ["stopping"]),
      ];
      return unreachable.length === 0
        ? c.json({ status: "ready" }, 200)
        : c.json({ status: "not_ready", unreachable }, 503);
    });
}

async function answers(probe: Promise<void>): Promise<boolean> {
  const limit = new Promise<false>((resolve) => {
    setTimeout(() => resolve(false), probeLimitMs).unref();
  });
  const answered = probe.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, limit]);
}
