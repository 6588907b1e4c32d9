import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { AuditSeal, NewAuditSeal } from "./schema.ts";

/** A place in the order of sealing: the transaction that wrote an entry, then the entry's id. */
export type Position = { readonly xid: string; readonly id: string };

/** What of an entry is sealed, each as text: all of it. */
export type SealedFacts = {
  readonly xid: string;
  readonly id: string;
  /** Microseconds since 1970: no time zone and no output style can change it. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly entity_id: string;
  readonly order_id: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string | null;
  readonly evidence: string | null;
};

const facts = sql.raw(`
  xid::text, id::text, (extract(epoch from at) * 1000000)::bigint::text as at, actor, action, entity, entity_id,
  order_id, before::text as before, after::text as after, reason, evidence`);

/**
 * Entries after a position whose place no later entry can precede: written by transactions older than the oldest one
 * that still runs. One statement has one snapshot, so this holds whatever its isolation.
 */
export async function finished(db: Db, after: Position, limit: number): Promise<SealedFacts[]> {
  const { rows } = await sql<SealedFacts>`
    select ${facts} from audit
    where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by audit.xid, audit.id limit ${limit}
  `.execute(db);
  return rows;
}

/** Entries after one position and up to another, as many as `limit`. */
export async function between(
  db: Db,
  { after, upTo }: { readonly after: Position; readonly upTo: Position },
  limit: number,
): Promise<SealedFacts[]> {
  const { rows } = await sql<SealedFacts>`
    select ${facts} from audit
    where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint) and (xid, id) <= (${upTo.xid}::xid8, ${upTo.id}::bigint)
    order by audit.xid, audit.id limit ${limit}
  `.execute(db);
  return rows;
}

export function newest(db: Db): Promise<AuditSeal | undefined> {
  return db.selectFrom("audit_seals").selectAll().orderBy("seq", "desc").limit(1).executeTakeFirst();
}

/** Seals after `seq`, the oldest first. */
export function page(db: Db, seq: string, limit: number): Promise<AuditSeal[]> {
  return db.selectFrom("audit_seals").selectAll().where("seq", ">", seq).orderBy("seq").limit(limit).execute();
}

/** Adds a seal, unless another worker added the one of this number first. Answers whether it did. */
export async function add(tx: Tx, seal: NewAuditSeal): Promise<boolean> {
  const added = await tx
    .insertInto("audit_seals")
    .values(seal)
    .onConflict((conflict) => conflict.column("seq").doNothing())
    .returning("seq")
    .executeTakeFirst();
  return added !== undefined;
}

export async function hasHash(db: Db, hash: Uint8Array): Promise<boolean> {
  const found = await db
    .selectFrom("audit_seals")
    .select("seq")
    .where("hash", "=", Buffer.from(hash))
    .executeTakeFirst();
  return found !== undefined;
}

export type Unsealed = {
  /** At most `limit`. */
  readonly entries: number;
  readonly oldestSeconds: number;
  /** Entries of transactions that have not begun yet: nobody but a forger writes one. */
  readonly fromTheFuture: number;
  /** Whether the server's transaction counter stands behind the chain, as after a restore into another server. */
  readonly counterIsBehind: boolean;
};

/** What is not under a seal yet. */
export async function unsealed(db: Db, after: Position, limit: number): Promise<Unsealed> {
  const { rows } = await sql<Unsealed>`
    with waiting as (
      select at, xid from audit where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint)
      order by xid, id limit ${limit}
    )
    select (select count(*)::int from waiting) as entries,
      (select coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 from waiting) as "oldestSeconds",
      (select count(*)::int from (
        select 1 from audit where xid >= pg_snapshot_xmax(pg_current_snapshot()) limit ${limit}) as future
      ) as "fromTheFuture",
      pg_snapshot_xmax(pg_current_snapshot()) <= ${after.xid}::xid8 as "counterIsBehind"
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("a query of counts answered nothing");
  return row;
}
