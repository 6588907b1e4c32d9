import { Cluster, Redis, type RedisOptions } from "ioredis";

export type RedisClient = Redis | Cluster;

/** A command that takes longer is given up, so that a hung Redis never holds an acknowledgement. */
const commandTimeoutMs = 1_000;
const connectTimeoutMs = 1_000;
const longestReconnectDelayMs = 1_000;
/**
 * A connection that owes an answer for so long is thrown away: a network that drops packets in silence would hold it,
 * and everything that was sent on it, for a quarter of an hour. Longer than a worker's longest blocking read of 10 s.
 */
const silenceLimitMs = { producing: 5_000, consuming: 30_000 } as const;

function reconnectDelayMs(tried: number): number {
  return Math.min(50 * 2 ** Math.min(tried, 5), longestReconnectDelayMs);
}

/** Fails fast: for the api, which answers gateways. */
const producing = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: commandTimeoutMs,
  connectTimeout: connectTimeoutMs,
  socketTimeout: silenceLimitMs.producing,
  retryStrategy: reconnectDelayMs,
} as const satisfies RedisOptions;

/** Waits for ever: for workers, whose blocking reads may not time out. */
const consuming = {
  maxRetriesPerRequest: null,
  socketTimeout: silenceLimitMs.consuming,
  retryStrategy: reconnectDelayMs,
} as const satisfies RedisOptions;

export function connectRedis(nodes: readonly string[], role: "producing" | "consuming"): RedisClient {
  const options = role === "producing" ? producing : consuming;
  const [first] = nodes;
  if (first === undefined) throw new Error("REDIS_URL names no node");
  if (nodes.length === 1) return new Redis(first, options);
  return new Cluster([...nodes], {
    redisOptions: { ...options, ...accessOf(first) },
    enableOfflineQueue: role === "consuming",
    clusterRetryStrategy: reconnectDelayMs,
  });
}

/** The nodes that a cluster tells of come without a password and without TLS: they are those of the first one named. */
function accessOf(node: string): Pick<RedisOptions, "username" | "password" | "tls"> {
  const { protocol, username, password } = new URL(node);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}

/** A set-up that a person must mend, unlike a Redis that is merely away. */
export class UnsafeRedis extends Error {}

/**
 * Throws `UnsafeRedis` when this Redis, or any node of the cluster, may evict keys: it would drop jobs in silence, and
 * BullMQ only warns. Asked through INFO, because managed services forbid CONFIG.
 */
export async function refuseEvicting(client: RedisClient): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes("master") : [client];
  for (const memory of await Promise.all(nodes.map((node) => node.info("memory")))) {
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy !== undefined && policy !== "noeviction") {
      throw new UnsafeRedis(
        `REDIS_URL: this Redis has maxmemory-policy ${policy} and may drop jobs; set it to noeviction`,
      );
    }
  }
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
