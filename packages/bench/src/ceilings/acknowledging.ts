import { fileURLToPath } from "node:url";

import { z } from "zod";

import { startChild } from "../child.ts";
import { type Rate, connections, rateOf, runLoad, warmUpOf } from "../load/load.ts";
import { callbackRequests } from "../load/requests.ts";
import { providerSecret } from "../shop.ts";

const ok = 200;
const entry = fileURLToPath(new URL("server.ts", import.meta.url));
const ready = z.object({ port: z.int() });

export type CeilingQueue =
  | { readonly kind: "none" }
  | { readonly kind: "redis"; readonly redisUrl: string }
  | { readonly kind: "postgres"; readonly databaseUrl: string };

/** How fast the barest endpoint acknowledges the same callbacks, sent by the same client. */
export async function measureBareEndpoint(queue: CeilingQueue, count: number): Promise<Rate> {
  const environment = {
    SECRET: providerSecret,
    ...(queue.kind === "none" ? {} : { ADD: queue.kind }),
    ...(queue.kind === "redis" ? { REDIS_URL: queue.redisUrl } : {}),
    ...(queue.kind === "postgres" ? { DATABASE_URL: queue.databaseUrl } : {}),
  };
  const server = await startChild({ name: "ceiling", entry, environment, onLine: () => undefined });
  try {
    const origin = `http://127.0.0.1:${ready.parse(server.message).port}`;
    const load = async (tag: string, size: number) => {
      const numbers = Array.from({ length: size }, (_, index) => `P${queue.kind}${tag}${index}`);
      return runLoad({ origin, connections, requests: callbackRequests(numbers, new Date()) });
    };
    rateOf(await load("w", warmUpOf(count)), ok);
    return rateOf(await load("m", count), ok);
  } finally {
    await server.stop();
  }
}
