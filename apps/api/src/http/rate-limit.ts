import { Fault } from "@zhanggui/domain";
import type { Context, MiddlewareHandler } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

import type { AppEnv } from "./authentication.ts";
import { addressOf } from "./visitor.ts";

/**
 * Requests of one signed-in caller: a shop's whole frontend may share one address, so callers are counted, not hosts. A
 * thousand a second is more than any caller needs and less than a flood.
 */
const requestsPerCaller = { points: 60_000, duration: 60 };
/** Refused requests of one address: wrong tokens and forged callbacks. A verified gateway never comes here. */
const refusalsPerAddress = { points: 1_200, duration: 60 };

export type RateLimits = {
  /** Counts a request of this caller; throws `rate_limited` when it has had too many. */
  readonly countCaller: (sub: string) => Promise<void>;
  readonly perCaller: MiddlewareHandler<AppEnv>;
  /** Counts a refusal of this request's address; throws `rate_limited` when it has had too many. */
  readonly countRefusal: (c: Context) => Promise<void>;
};

/** Counted in this process: the limits hold off floods, they are not a quota. */
export function createRateLimits(): RateLimits {
  const callers = new RateLimiterMemory(requestsPerCaller);
  const refusals = new RateLimiterMemory(refusalsPerAddress);
  const countCaller = (sub: string) => consume(callers, sub);
  return {
    countCaller,
    perCaller: async (c, next) => {
      await countCaller(c.get("caller").sub);
      await next();
    },
    countRefusal: (c) => consume(refusals, addressOf(c)),
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw new Fault("rate_limited", { retryAfter: String(Math.max(1, Math.ceil(error.msBeforeNext / 1000))) });
  }
}
