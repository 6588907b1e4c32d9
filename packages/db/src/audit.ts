import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { AuditEntry } from "./schema.ts";

export type AuditEntity =
  | "order"
  | "payment"
  | "product"
  | "callback"
  | "receipt"
  | "refund"
  | "exception"
  | "job"
  | "repair"
  | "alert"
  | "operator"
  | "reconciliation";

export type NewAuditEntry = {
  /** Who: a customer's or operator's `sub`, `gateway:<provider>`, or `system:<what>`. */
  readonly actor: string;
  readonly action: string;
  readonly entity: AuditEntity;
  readonly entityId: string;
  readonly orderId?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string | undefined;
  /** The id of the callback or query that proves it. */
  readonly evidence?: string | undefined;
};

/** Writes what was done, in the transaction that did it. */
export async function write(tx: Tx, entries: readonly NewAuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx
    .insertInto("audit")
    .values(
      entries.map((entry) => ({
        actor: entry.actor,
        action: entry.action,
        entity: entry.entity,
        entity_id: entry.entityId,
        order_id: entry.orderId ?? null,
        before: entry.before === undefined ? null : JSON.stringify(entry.before),
        after: entry.after === undefined ? null : JSON.stringify(entry.after),
        reason: entry.reason ?? null,
        evidence: entry.evidence ?? null,
      })),
    )
    .execute();
}

/** An order's history, oldest first. */
export function ofOrder(db: Db, orderId: string): Promise<AuditEntry[]> {
  return db.selectFrom("audit").selectAll().where("order_id", "=", orderId).orderBy("id").execute();
}

export type StatusChange = {
  readonly id: string;
  readonly at: Date;
  readonly order_id: string;
  readonly entity: "order" | "payment";
  readonly entity_id: string;
  readonly status: string;
};

/**
 * Changes of status of some orders and their payments, each order's after its own last seen entry. Entries of one
 * order are written under its lock, so their ids grow in the order in which they become visible.
 */
export async function statusChanges(db: Db, seen: ReadonlyMap<string, string>, limit: number): Promise<StatusChange[]> {
  const { rows } = await sql<StatusChange>`
    select audit.id, at, order_id, entity, entity_id, after ->> 'status' as status
    from unnest(${[...seen.keys()]}::text[], ${[...seen.values()]}::bigint[]) as watched (id, last_seen)
    join audit on audit.order_id = watched.id and audit.id > watched.last_seen
    where entity in ('order', 'payment') and after ->> 'status' is distinct from before ->> 'status'
    order by audit.id limit ${limit}
  `.execute(db);
  return rows;
}

/** Ids of orders that something happened to within the last `seconds`, at most `limit` of them. */
export async function touchedOrders(
  db: Db,
  { seconds, limit }: { readonly seconds: number; readonly limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ order_id: string }>`
    select distinct order_id from audit
    where at >= now() - make_interval(secs => ${seconds}) and order_id is not null
    order by order_id desc limit ${limit}
  `.execute(db);
  return rows.map(({ order_id }) => order_id);
}

/** The newest entry of an order, from which a stream of its changes can start. */
export async function lastIdOf(db: Db, orderId: string): Promise<string> {
  const row = await db
    .selectFrom("audit")
    .select((value) => value.fn.max("id").as("id"))
    .where("order_id", "=", orderId)
    .executeTakeFirst();
  return row?.id ?? "0";
}

export type AuditFilter = {
  /** An entity's id, or an entity's name such as `order`. */
  readonly entity?: string | undefined;
  readonly actor?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Newest first, each with whether it is under a seal. */
export function page(
  db: Db,
  { entity, actor, cursor, limit }: AuditFilter,
): Promise<(AuditEntry & { readonly sealed: boolean })[]> {
  return db
    .selectFrom("audit")
    .selectAll()
    .select(
      sql<boolean>`coalesce((audit.xid, audit.id) <= (
        select last_xid, last_id from audit_seals order by seq desc limit 1), false)`.as("sealed"),
    )
    .$if(entity !== undefined, (query) =>
      query.where((either) =>
        either.or([
          either("entity_id", "=", entity ?? ""),
          either("entity", "=", entity ?? ""),
          either("order_id", "=", entity ?? ""),
        ]),
      ),
    )
    .$if(actor !== undefined, (query) => query.where("actor", "=", actor ?? ""))
    .$if(cursor !== undefined, (query) => query.where("id", "<", cursor ?? "0"))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}
