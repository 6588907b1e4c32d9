import { Cluster, Redis, type RedisOptions } from "ioredis";

export type RedisClient = Redis | Cluster;

/** A command that takes longer is given up, so that a hung Redis never holds an acknowledgement. */
const commandTimeoutMs = 1_000;
const connectTimeoutMs = 1_000;
const longestReconnectDelayMs = 1_000;

function reconnectDelayMs(tried: number): number {
  return Math.min(50 * 2 ** Math.min(tried, 5), longestReconnectDelayMs);
}

/** Fails fast: for the api, which answers gateways. */
const producing = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: commandTimeoutMs,
  connectTimeout: connectTimeoutMs,
  retryStrategy: reconnectDelayMs,
} as const satisfies RedisOptions;

/** Waits for ever: for workers, whose blocking reads may not time out. */
const consuming = { maxRetriesPerRequest: null, retryStrategy: reconnectDelayMs } as const satisfies RedisOptions;

export function connectRedis(nodes: readonly string[], role: "producing" | "consuming"): RedisClient {
  const options = role === "producing" ? producing : consuming;
  const [first] = nodes;
  if (first === undefined) throw new Error("REDIS_URL names no node");
  if (nodes.length === 1) return new Redis(first, options);
  return new Cluster([...nodes], {
    redisOptions: options,
    enableOfflineQueue: role === "consuming",
    clusterRetryStrategy: reconnectDelayMs,
  });
}

/**
 * Why this Redis must not hold the queue, if so: one that may evict keys drops jobs in silence, and BullMQ only warns.
 * Asked through INFO, because managed services forbid CONFIG.
 */
export async function evictionProblem(client: RedisClient): Promise<string | undefined> {
  const memory = await client.info("memory");
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  return policy === undefined || policy === "noeviction"
    ? undefined
    : `REDIS_URL: this Redis has maxmemory-policy ${policy} and may drop jobs; set it to noeviction`;
}

/** Waits until the connection is usable, or `limitMs` have passed. */
export async function isReadyWithin(client: RedisClient, limitMs: number): Promise<boolean> {
  if (client.status === "ready") return true;
  return new Promise((resolve) => {
    const done = (ready: boolean) => {
      clearTimeout(timer);
      client.off("ready", onReady);
      resolve(ready);
    };
    const onReady = () => done(true);
    const timer = setTimeout(() => done(false), limitMs);
    client.once("ready", onReady);
  });
}
