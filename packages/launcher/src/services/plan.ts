import { findRedis } from "@zhanggui/embedded";

import type { Settings } from "../settings.ts";

export type DatabasePlan =
  | { readonly kind: "embedded"; readonly words: string }
  | { readonly kind: "given"; readonly words: string; readonly url: string };

export type QueuePlan =
  | { readonly kind: "embedded"; readonly words: string; readonly binary: string }
  | { readonly kind: "given"; readonly words: string; readonly url: string }
  | { readonly kind: "postgres"; readonly words: string };

/** Which database and which queue this start will use, decided before either is touched; `words` tell a person. */
export type Plan = { readonly database: DatabasePlan; readonly queue: QueuePlan };

export function planServices(settings: Settings): Plan {
  return { database: planDatabase(settings), queue: planQueue(settings) };
}

function planDatabase({ DATABASE_URL: url }: Settings): DatabasePlan {
  return url === undefined
    ? { kind: "embedded", words: "embedded PostgreSQL" }
    : { kind: "given", words: `PostgreSQL at ${placeOf(url)} (DATABASE_URL)`, url };
}

function planQueue({ REDIS_URL: url, QUEUE: forced }: Settings): QueuePlan {
  if (forced === "postgres") return { kind: "postgres", words: "in PostgreSQL (QUEUE=postgres)" };
  if (url !== undefined) {
    return { kind: "given", words: `Redis at ${url.split(",").map(placeOf).join(", ")} (REDIS_URL)`, url };
  }
  const binary = findRedis();
  return binary === undefined
    ? { kind: "postgres", words: "in PostgreSQL (no redis-server or valkey-server on PATH)" }
    : { kind: "embedded", words: `embedded Redis (${binary})`, binary };
}

/** An address as it may be shown: no account, no password. */
function placeOf(url: string): string {
  const parsed = URL.parse(url.trim());
  return parsed === null ? "the given address" : `${parsed.host}${parsed.pathname}`;
}
