import { duties, payments, providerHealth } from "@zhanggui/db";

import type { Engine } from "./engine.ts";

/** How often one worker of the pool looks, and how far back it looks for callbacks. */
const everySeconds = 10;
const lookBackSeconds = 120;

const rule = { windowSeconds: 900, graceSeconds: 10, finds: 3, forSeconds: 300 } as const satisfies Parameters<
  typeof providerHealth.markSilent
>[1];

/** When a provider falls silent, its open attempts are asked about within so long; at most so many of them. */
const hurrySeconds = 30;
const hurriedAtOnce = 1_000;

/**
 * Notices a provider whose callbacks do not come: its money is found by queries, one payment after the other, and
 * nothing is heard. People are told and its attempts are asked about more often, until callbacks return.
 */
export async function watchSilence({ db, log }: Pick<Engine, "db" | "log">): Promise<void> {
  if (!(await duties.claim(db, "silence", everySeconds))) return;
  await providerHealth.hearCallbacks(db, lookBackSeconds);
  for (const provider of await providerHealth.markHeard(db)) {
    log.info({ provider }, "the provider's callbacks have returned");
  }
  for (const provider of await providerHealth.markSilent(db, rule)) {
    log.warn({ provider }, "the provider is silent: payments are found by query, and no callback tells of them");
    await payments.hurryQueries(db, { provider, withinSeconds: hurrySeconds, limit: hurriedAtOnce });
  }
}
