import { sql } from "kysely";

import type { Db, Tx } from "./connection.ts";
import type { ProviderHealth } from "./schema.ts";

/** So many calls without an answer, one after the other, and a provider is left in peace for a while. */
const unknownLimit = 10;
/** Then one call after each rest finds out whether it answers again. Longer than a call that times out. */
const restSeconds = 10;
/** An answer is written down this often at most: it is one row, and every call would wait for it. */
const answerNotedEverySeconds = 5;

/**
 * Whether a provider may be called now. Of all who ask about one that has not answered for long, one gets through after
 * each rest.
 */
export async function admit(db: Db, provider: string): Promise<boolean> {
  const health = await find(db, provider);
  return health === undefined || health.consecutive_unknown < unknownLimit || (await takeProbe(db, provider));
}

async function takeProbe(db: Db, provider: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("provider_health")
    .set({ resting_until: sql<Date>`now() + make_interval(secs => ${restSeconds})` })
    .where("provider", "=", provider)
    .where(sql<boolean>`coalesce(resting_until, '-infinity') <= now()`)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The provider's locked row, made when it is missing, and how many calls to it may begin now. */
export async function lockPlaces(tx: Tx, provider: string, atOnce: number): Promise<number> {
  await tx
    .insertInto("provider_health")
    .values({ provider })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await tx
    .selectFrom("provider_health")
    .selectAll()
    .select(sql<boolean>`coalesce(resting_until, '-infinity') > now()`.as("resting"))
    .where("provider", "=", provider)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (row.consecutive_unknown < unknownLimit) return atOnce;
  return row.resting ? 0 : 1;
}

/** The provider has answered: whatever it said, it can be heard. */
export async function noteAnswer(db: Db, provider: string): Promise<void> {
  await sql`
    insert into provider_health as known (provider, last_answer_at) values (${provider}, now())
    on conflict (provider) do update
      set last_answer_at = now(), consecutive_unknown = 0, resting_until = null
      where known.consecutive_unknown > 0
        or known.last_answer_at is null
        or known.last_answer_at < now() - make_interval(secs => ${answerNotedEverySeconds})
  `.execute(db);
}

/** A call had no answer that counts. */
export async function noteUnknown(db: Db, provider: string): Promise<void> {
  await sql`
    insert into provider_health as known (provider, consecutive_unknown) values (${provider}, 1)
    on conflict (provider) do update
      set consecutive_unknown = known.consecutive_unknown + 1,
          resting_until = case
            when known.consecutive_unknown + 1 >= ${unknownLimit} then now() + make_interval(secs => ${restSeconds})
          end
  `.execute(db);
}

/** Whether it is left in peace, because it has not answered for long. */
export function isUnreachable({ consecutive_unknown }: Pick<ProviderHealth, "consecutive_unknown">): boolean {
  return consecutive_unknown >= unknownLimit;
}

export function find(db: Db, provider: string): Promise<ProviderHealth | undefined> {
  return db.selectFrom("provider_health").selectAll().where("provider", "=", provider).executeTakeFirst();
}

export function all(db: Db): Promise<ProviderHealth[]> {
  return db.selectFrom("provider_health").selectAll().orderBy("provider").execute();
}

/** Brings up to date when each provider's last callback came; looks back over `withinSeconds`. */
export async function hearCallbacks(db: Db, withinSeconds: number): Promise<void> {
  await sql`
    insert into provider_health as known (provider, last_callback_at)
    select provider, max(received_at) from callbacks
    where received_at > now() - make_interval(secs => ${withinSeconds}) group by provider order by provider
    on conflict (provider) do update set last_callback_at = excluded.last_callback_at
      where known.last_callback_at is distinct from excluded.last_callback_at
  `.execute(db);
}

export type SilenceRule = {
  /** Money found by a query counts for so long. */
  readonly windowSeconds: number;
  /** A callback may be so much slower than a query. */
  readonly graceSeconds: number;
  /** So many finds in a row that no callback told of mean silence, */
  readonly finds: number;
  /** and so does a single one that is this old. */
  readonly forSeconds: number;
};

/**
 * Marks providers as silent whose money is found by queries only: nothing came from them since. Answers those that have
 * just become silent.
 */
export async function markSilent(db: Db, rule: SilenceRule): Promise<string[]> {
  const { rows } = await sql<{ provider: string }>`
    with unheard as (
      select payments.provider, count(*) as finds, min(found_at) as first
      from payments left join provider_health using (provider)
      where found_at > now() - make_interval(secs => ${rule.windowSeconds})
        and found_at <= now() - make_interval(secs => ${rule.graceSeconds})
        and found_at > coalesce(last_callback_at, '-infinity')
      group by payments.provider
    )
    insert into provider_health as known (provider, silent_since)
    select provider, now() from unheard
    where finds >= ${rule.finds} or first <= now() - make_interval(secs => ${rule.forSeconds})
    order by provider
    on conflict (provider) do update set silent_since = excluded.silent_since where known.silent_since is null
    returning provider
  `.execute(db);
  return rows.map(({ provider }) => provider);
}

/** Providers whose callbacks have returned since they fell silent. */
export async function markHeard(db: Db): Promise<string[]> {
  const { rows } = await sql<{ provider: string }>`
    update provider_health set silent_since = null where last_callback_at > silent_since returning provider
  `.execute(db);
  return rows.map(({ provider }) => provider);
}
