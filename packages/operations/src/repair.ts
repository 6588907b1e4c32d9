import { isDeepStrictEqual } from "node:util";

import { type Repair, type Tx, isConstraintViolation, repairs, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { CompiledQuery } from "kysely";

import { auditRepair } from "./audit-repair.ts";
import { closeRepair } from "./close-repair.ts";
import type { Engine } from "./engine.ts";
import type { Law } from "./laws/law.ts";
import { findLaw } from "./laws/index.ts";
import type { Plan, Statement } from "./laws/plan.ts";
import { lockForRepair } from "./lock-for-repair.ts";
import { ring } from "./ring.ts";

/** Plans that one request carries out. */
export const repairsAtOnce = 100;

export type ApplyRepairs = {
  readonly ids: readonly string[];
  readonly reason: string;
  readonly actor: string;
};

export type RepairResult =
  /** The law holds for this row, and its case is closed. */
  | { readonly id: string; readonly outcome: "mended" }
  /** The queue was asked for the rest; the case closes when the law is found to hold. */
  | { readonly id: string; readonly outcome: "rung" }
  /** It held already: nothing was changed. */
  | { readonly id: string; readonly outcome: "holds" }
  | { readonly id: string; readonly outcome: "refused"; readonly code: string; readonly why: string };

/**
 * Carries out plans, one after the other and each in a transaction of its own: under the usual locks its rows must still
 * stand as they were shown, and the law must hold afterwards, or nothing of it is done.
 *
 * @throws Fault of the plan when only one was asked for: `not_found`, `state_changed_meanwhile` when it is stale,
 *   `action_not_allowed` when a person has to do it.
 */
export async function applyRepairs(
  engine: Engine,
  { ids, reason, actor }: ApplyRepairs,
): Promise<readonly RepairResult[]> {
  if (ids.length > repairsAtOnce) throw new Fault("invalid_input", { plans: `at most ${repairsAtOnce}` });
  const results: RepairResult[] = [];
  for (const id of ids) {
    try {
      results.push(await applyOne(engine, id, { actor, reason }));
    } catch (error) {
      if (!(error instanceof Fault) || ids.length === 1) throw error;
      results.push({ id, outcome: "refused", code: error.code, why: Object.values(error.facts).join("; ") });
    }
  }
  return results;
}

type Wish = { readonly actor: string; readonly reason: string };

async function applyOne(engine: Engine, id: string, wish: Wish): Promise<RepairResult> {
  const { repair, law, plan } = await read(engine, id);
  if (plan.kind === "person") throw new Fault("action_not_allowed", { repairId: id, why: plan.explanation });

  const outcome = await transact(engine.db, (tx) => carryOut(tx, engine, { repair, law, plan, wish }));
  if (outcome === "rung") await ring(engine, plan.rings);
  return { id, outcome };
}

type Mend = Extract<Plan, { kind: "mend" }>;
type Carrying = { readonly repair: Repair; readonly law: Law; readonly plan: Mend; readonly wish: Wish };

async function carryOut(
  tx: Tx,
  { wake }: Pick<Engine, "wake">,
  { repair, law, plan, wish }: Carrying,
): Promise<"mended" | "rung" | "holds"> {
  const { id, key } = repair;
  await lockForRepair(tx, repair, plan);
  const locked = await repairs.lock(tx, id);
  if (locked === undefined || locked.ended_at !== null) throw stale(id, "it has ended");

  const books = { db: tx, wake };
  const one = { reach: { kind: "one", key }, limit: 1 } as const;
  const [breach] = await law.find(books, one);
  if (breach === undefined) {
    await closeRepair(tx, id, { ...wish, reason: `the law holds again (${wish.reason})` });
    return "holds";
  }
  if (!isDeepStrictEqual(law.plan(breach, id), locked.plan)) throw stale(id, "its rows have moved: check again");

  await execute(tx, id, plan.statements);
  await auditRepair(tx, { repair, plan, wish, isUndo: false });
  await repairs.apply(tx, id, wish.actor);
  if (plan.rings.length > 0) return "rung";

  const [left] = await law.find(books, one);
  if (left !== undefined) throw stale(id, "the law would not hold afterwards");
  await closeRepair(tx, id, wish);
  return "mended";
}

/**
 * Takes back what a plan's statements changed, where the rows still stand as the plan left them. The law is broken again
 * then, and the next check says so.
 *
 * @throws Fault `not_found`, `action_not_allowed`, `state_changed_meanwhile`.
 */
export async function undoRepair(engine: Pick<Engine, "db">, id: string, wish: Wish): Promise<void> {
  const { repair, plan } = await read(engine, id);
  if (plan.kind === "person" || plan.undo.length === 0 || repair.applied_at === null) {
    throw new Fault("action_not_allowed", { repairId: id, why: "there is nothing to take back" });
  }
  await transact(engine.db, async (tx) => {
    await lockForRepair(tx, repair, plan);
    await repairs.undo(tx, id);
    await execute(tx, id, plan.undo);
    await auditRepair(tx, { repair, plan, wish, isUndo: true });
  });
}

async function read(
  { db }: Pick<Engine, "db">,
  id: string,
): Promise<{ readonly repair: Repair; readonly law: Law; readonly plan: Plan }> {
  const repair = await repairs.find(db, id);
  const law = repair && findLaw(repair.law);
  if (repair === undefined || law === undefined) throw new Fault("not_found", { repairId: id });
  return { repair, law, plan: planOf(repair) };
}

/** The plan as it was stored. */
export function planOf({ plan }: Pick<Repair, "plan">): Plan {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The stored plan is what `checkLaws` put there.
  return plan as Plan;
}

/** Each statement is for one row that stands as it was seen. */
async function execute(tx: Tx, id: string, statements: readonly Statement[]): Promise<void> {
  for (const { sql, parameters } of statements) {
    try {
      const { numAffectedRows } = await tx.executeQuery(CompiledQuery.raw(sql, [...parameters]));
      if (numAffectedRows !== 1n) throw stale(id, "its rows have moved: check again");
    } catch (error) {
      if (!isConstraintViolation(error)) throw error;
      throw new Fault("action_not_allowed", { repairId: id, why: `the database refuses it: ${error.message}` });
    }
  }
}

function stale(repairId: string, why: string): Fault {
  return new Fault("state_changed_meanwhile", { repairId, why: `stale plan: ${why}` });
}
