import { providerHealth, refusedCallbacks } from "@zhanggui/db";
import type { AlertFinding } from "@zhanggui/domain";
import { endingKeys } from "@zhanggui/gateways";

import type { Condition } from "./condition.ts";

const path = "/dashboard";

/** Its money is found by query, and no callback tells of it. */
export const silentProviders: Condition = {
  kinds: ["provider_silent"],
  find: async ({ db, providers }) => {
    const healths = await providerHealth.all(db);
    return healths.flatMap(({ provider, silent_since }): AlertFinding[] =>
      silent_since === null || !providers.has(provider)
        ? []
        : [
            {
              key: `provider_silent:${provider}`,
              kind: "provider_silent",
              severity: "warning",
              facts: { provider, since: silent_since.toISOString() },
              path,
            },
          ],
    );
  },
};

/** So many calls without an answer that it is left in peace. */
export const unreachableProviders: Condition = {
  kinds: ["provider_unreachable"],
  find: async ({ db, providers }) => {
    const healths = await providerHealth.all(db);
    return healths
      .filter((health) => providers.has(health.provider) && providerHealth.isUnreachable(health))
      .map(({ provider, consecutive_unknown: calls, last_answer_at }) => ({
        key: `provider_unreachable:${provider}`,
        kind: "provider_unreachable",
        severity: "critical",
        facts: { provider, calls, ...(last_answer_at === null ? {} : { lastAnswer: last_answer_at.toISOString() }) },
        path,
      }));
  },
};

const refusedMinutes = 5;
/** A gateway tries one notice about so often in that time: a shop with few orders is warned as well. */
const refusedLimit = 5;

/** Callbacks that did not prove whose they are: a wrong key, a wrong clock, or somebody who forges them. */
export const refusedOnes: Condition = {
  kinds: ["callbacks_refused"],
  find: async ({ db, providers }) => {
    const counts = await refusedCallbacks.since(db, refusedMinutes);
    return [...counts]
      .filter(([provider, refused]) => providers.has(provider) && refused >= refusedLimit)
      .map(([provider, refused]) => ({
        key: `callbacks_refused:${provider}`,
        kind: "callbacks_refused",
        severity: "critical",
        facts: { provider, refused, minutes: refusedMinutes },
        path,
      }));
  },
};

const lastDays = 7;
const dayMs = 86_400_000;

/** A certificate that ends within thirty days; the last week of it is critical. */
export const endingCertificates: Condition = {
  kinds: ["key_expiring"],
  find: async ({ providers, outside }) => {
    const now = outside.now();
    return [...providers].flatMap(([provider, account]) =>
      endingKeys(account, now).map(({ place, until }): AlertFinding => ({
        key: `key_expiring:${provider}:${place}`,
        kind: "key_expiring",
        severity: until.getTime() - now.getTime() < lastDays * dayMs ? "critical" : "warning",
        facts: { provider, place, until: until.toISOString(), isOver: until < now ? "yes" : "no" },
        path,
      })),
    );
  },
};
