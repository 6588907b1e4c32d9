import { type Payment, payments } from "@zhanggui/db";

import type { Shop } from "./shop.ts";

/** The columns that say when and how a payment's gateway is asked. */
export async function planOf({ db }: Shop, paymentId: string) {
  const payment = await payments.find(db, paymentId);
  if (payment === undefined) throw new Error(`no payment ${paymentId}`);
  return { ...payment, inSeconds: secondsUntil(payment.next_query_at) };
}

function secondsUntil(at: Date | null): number | undefined {
  return at === null ? undefined : (at.getTime() - Date.now()) / 1_000;
}

/** As if its time had come. */
export async function makeDue(shop: Shop, paymentId: string): Promise<void> {
  await set(shop, paymentId, { next_query_at: new Date(Date.now() - 1_000) });
}

/** As if it had been started, or had ended, so long ago. */
export async function age(shop: Shop, paymentId: string, seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1_000);
  const { status } = await planOf(shop, paymentId);
  await set(shop, paymentId, status === "processing" ? { started_at: then } : { closed_at: then });
}

async function set({ db }: Shop, paymentId: string, values: Partial<Payment>): Promise<void> {
  const { next_query_at, started_at, closed_at, found_at, last_query_at } = values;
  await db
    .updateTable("payments")
    .set({ next_query_at, started_at, closed_at, found_at, last_query_at })
    .where("id", "=", paymentId)
    .execute();
}

/** Nothing that a test left behind is asked about in the next one, and every provider is well. */
export async function forgetQueries({ db }: Shop): Promise<void> {
  await db.updateTable("payments").set({ next_query_at: null, querying_until: null, found_at: null }).execute();
  await db.deleteFrom("provider_health").execute();
  await db.deleteFrom("duties").execute();
}
