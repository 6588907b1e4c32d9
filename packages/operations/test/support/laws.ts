import { exceptions, repairs } from "@zhanggui/db";
import { sql } from "kysely";
import { expect } from "vitest";

import { applyRepairs, checkLaws, findLaw, undoRepair } from "../../src/index.ts";
import type { Shop } from "./shop.ts";

/** As somebody with the owner's rights would who switches every trigger and foreign key off first. */
export async function tamper({ db }: Shop, statement: string): Promise<void> {
  await sql.raw(`set session_replication_role = replica; ${statement}; reset session_replication_role`).execute(db);
}

/** A law, checked against all rows. */
export async function check({ engine }: Shop, name: string) {
  const law = findLaw(name);
  if (law === undefined) throw new Error(`there is no law ${name}`);
  const [checked] = await checkLaws(engine, { reach: { kind: "all" }, law });
  if (checked === undefined) throw new Error("nothing was checked");
  return checked;
}

/** The one breach of a law, which has one open case. */
export async function onlyBreach(shop: Shop, name: string) {
  const { breaches, holds } = await check(shop, name);
  const [breach] = breaches;
  if (breach === undefined || breaches.length > 1) throw new Error(`${name} has ${breaches.length} breaches`);
  expect(holds).toBe(false);
  expect(await exceptions.find(shop.db, breach.exceptionId)).toMatchObject({ kind: "invariant_broken", state: "open" });
  return breach;
}

export async function apply({ engine }: Shop, id: string) {
  const [result] = await applyRepairs(engine, { ids: [id], reason: "it was broken", actor: "admin-1" });
  if (result === undefined) throw new Error("nothing was applied");
  return result;
}

export async function undo({ engine }: Shop, id: string): Promise<void> {
  await undoRepair(engine, id, { actor: "admin-1", reason: "it was right" });
}

/** What is left to do for a law, all in all. */
export async function stillOpen({ db }: Shop, law: string): Promise<number> {
  return (await repairs.open(db, { law, limit: 10 })).length;
}

/**
 * Found and named, mended, and taken back, by a plan whose rows are read before and after: `read` tells what the plan
 * is to restore.
 */
export async function expectMended(shop: Shop, name: string, key: string, read: () => Promise<unknown>): Promise<void> {
  const broken = await read();
  const breach = await onlyBreach(shop, name);
  expect({ key: breach.key, plan: breach.plan.kind }).toEqual({ key, plan: "mend" });
  expect((await onlyBreach(shop, name)).repairId).toBe(breach.repairId);

  expect(await apply(shop, breach.repairId)).toMatchObject({ outcome: "mended" });
  expect(await check(shop, name)).toMatchObject({ holds: true, breaches: [] });
  expect(await exceptions.find(shop.db, breach.exceptionId)).toMatchObject({ state: "resolved" });
  const mended = await read();
  expect(mended).not.toEqual(broken);

  await undo(shop, breach.repairId);
  expect(await read()).toEqual(broken);
  const again = await onlyBreach(shop, name);
  expect(again.repairId).not.toBe(breach.repairId);
  expect(await apply(shop, again.repairId)).toMatchObject({ outcome: "mended" });
  expect(await read()).toEqual(mended);
}
