import { idempotency } from "@zhanggui/db";

import { type Engine, bestEffort } from "./engine.ts";
import type { Ring } from "./laws/plan.ts";

const keyDays = 7;
const keysAtOnce = 5_000;
const maximumBatches = 20;

/** Has the usual path do the rest of a repair, after its commit. What the queue does not hear, the sweep finds. */
export async function ring(engine: Engine, rings: readonly Ring[]): Promise<void> {
  for (const one of rings) await ringOne(engine, one);
}

async function ringOne(engine: Engine, one: Ring): Promise<void> {
  switch (one.what) {
    case "settle": {
      const { callbackId: id, provider, eventKey } = one;
      return bestEffort(engine, "settle again", engine.wake.resettle([{ id, provider, eventKey }]));
    }
    case "expire":
      return bestEffort(engine, "make the timer", engine.wake.expireAt(one.orderId, new Date(one.at)));
    case "forget-keys":
      return forgetKeys(engine);
  }
}

async function forgetKeys({ db }: Pick<Engine, "db">): Promise<void> {
  for (let batch = 0; batch < maximumBatches; batch += 1) {
    if ((await idempotency.forget(db, { days: keyDays, limit: keysAtOnce })) < keysAtOnce) break;
  }
}
