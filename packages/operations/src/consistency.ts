import { lawRuns, repairs } from "@zhanggui/db";

import type { Engine } from "./engine.ts";
import { laws } from "./laws/index.ts";
import { planOf } from "./repair.ts";

/** Open breaches that one answer tells of. */
const toldAtMost = 1_000;

/** How the last run of each law went, and what of it is not mended; `undefined` for one that has never run. */
export async function readConsistency({ db }: Pick<Engine, "db">) {
  const [runs, open] = await Promise.all([lawRuns.all(db), repairs.open(db, { limit: toldAtMost })]);
  const runOf = new Map(runs.map((run) => [run.law, run]));
  return laws.map(({ name, says }) => ({
    name,
    law: says,
    run: runOf.get(name),
    breaches: open
      .filter(({ law }) => law === name)
      .map((repair) => ({
        id: repair.id,
        key: repair.key,
        orderId: repair.order_id,
        exceptionId: repair.exception_id,
        accepted: !repair.waits,
        facts: repair.facts,
        plan: planOf(repair),
        foundAt: repair.found_at,
        appliedBy: repair.applied_by,
      })),
  }));
}

/** By law, how many of its breaches wait for somebody, and how many seconds ago it was looked after; for measuring. */
export async function lawMeasures({ db, outside }: Pick<Engine, "db" | "outside">) {
  const [runs, open] = await Promise.all([lawRuns.all(db), repairs.countOpen(db)]);
  const now = outside.now().getTime();
  return runs.map(({ law, ran_at: ranAt }) => ({
    law,
    breaches: open.get(law) ?? 0,
    secondsAgo: Math.max(0, (now - ranAt.getTime()) / 1_000),
  }));
}
