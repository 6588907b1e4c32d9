import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";

export type KeyClaim =
  | { readonly kind: "claimed" }
  | { readonly kind: "answered"; readonly response: unknown }
  | { readonly kind: "conflict" };

export type IdempotencyKey = { readonly customerId: string; readonly key: string; readonly requestHash: string };

/**
 * Claims a key for this transaction. A second request with the same key waits here until the first one has ended: then
 * it gets the first one's answer, or claims the key itself because the first one was rolled back.
 */
export async function claim(tx: Tx, { customerId, key, requestHash }: IdempotencyKey): Promise<KeyClaim> {
  const inserted = await tx
    .insertInto("idempotency_keys")
    .values({ customer_id: customerId, key, request_hash: requestHash })
    .onConflict((conflict) => conflict.columns(["customer_id", "key"]).doNothing())
    .returning("key")
    .executeTakeFirst();
  if (inserted !== undefined) return { kind: "claimed" };

  const stored = await tx
    .selectFrom("idempotency_keys")
    .select(["request_hash", "response"])
    .where("customer_id", "=", customerId)
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  return stored.request_hash === requestHash ? { kind: "answered", response: stored.response } : { kind: "conflict" };
}

/** Stores the answer beside the claimed key, in the same transaction. */
export async function answer(tx: Tx, { customerId, key }: IdempotencyKey, response: unknown): Promise<void> {
  await tx
    .updateTable("idempotency_keys")
    .set({ response: JSON.stringify(response) })
    .where("customer_id", "=", customerId)
    .where("key", "=", key)
    .execute();
}

/** Forgets keys older than `days`, a bounded number at a time. */
export async function forget(
  db: Db,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where (customer_id, key) in (
      select customer_id, key from idempotency_keys
      where created_at < now() - make_interval(days => ${days}) order by created_at limit ${limit}
    )
  `.execute(db);
  return Number(numAffectedRows ?? 0n);
}
