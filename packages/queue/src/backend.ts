/** Where the queue lives. The same code and the same tests, both ways. */
export type QueueBackend =
  | { readonly kind: "redis"; readonly nodes: readonly string[] }
  | { readonly kind: "postgres"; readonly url: string };

/** `REDIS_URL` chooses Redis, several nodes a cluster; without it, or with `QUEUE=postgres`, the database is the queue. */
export function chooseBackend(choice: {
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  readonly forced: "redis" | "postgres" | undefined;
}): QueueBackend {
  return choice.redisUrl === undefined || choice.forced === "postgres"
    ? { kind: "postgres", url: choice.databaseUrl }
    : { kind: "redis", nodes: choice.redisUrl.split(",").map((node) => node.trim()) };
}

/** All keys in one slot of a cluster: BullMQ's scripts touch several keys at once. */
export const redisPrefix = "{zhanggui}";
