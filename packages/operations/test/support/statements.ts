import { type Reconciliation, reconciliationDifferences } from "@zhanggui/db";

import { sql } from "kysely";

import { type Reconciled, reconcile } from "../../src/index.ts";
import type { Shop } from "./shop.ts";

const header = "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time";

export type Line = {
  readonly type?: "payment" | "refund";
  readonly outTradeNo?: string;
  readonly transactionId?: string;
  readonly outRefundNo?: string;
  readonly amount?: string;
  readonly fee?: string;
  readonly status?: string;
  readonly time?: string;
};

/** A statement in the contract's layout. */
export function statementText(lines: readonly Line[]): string {
  const rows = lines.map(
    ({ type = "payment", outTradeNo = "", transactionId = "", outRefundNo = "", ...rest }) =>
      `${type},${outTradeNo},${transactionId},${outRefundNo},${rest.amount ?? "39.80"},${rest.fee ?? "0.24"},${rest.status ?? "SUCCESS"},${rest.time ?? new Date().toISOString()}`,
  );
  return [header, ...rows].map((row) => `${row}\n`).join("");
}

export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** `yyyy-mm-dd` in Shanghai, so many days from today. */
export function shanghaiDay(days = 0): string {
  return new Date(Date.now() + (8 * 60 + days * 24 * 60) * 60_000).toISOString().slice(0, 10);
}

export type Compared = {
  readonly run: Reconciliation;
  readonly differences: readonly string[];
  readonly outcome: Reconciled;
};

/** Compares a day with what is said to be the gateway's file. Differences as `type kind key asked`. */
export async function compare(
  shop: Shop,
  lines: readonly Line[] | string,
  { provider = "gate", date = shanghaiDay() }: { readonly provider?: string; readonly date?: string } = {},
): Promise<Compared> {
  const text = typeof lines === "string" ? lines : statementText(lines);
  const outcome = await reconcile(shop.engine, {
    provider,
    date,
    source: "file",
    file: bytesOf(text),
    askedBy: "test",
  });
  return { run: outcome.run, differences: await differencesOf(shop, outcome.run.id), outcome };
}

export async function differencesOf({ db }: Shop, id: string): Promise<readonly string[]> {
  const found = await reconciliationDifferences.page(db, id, { limit: 100 });
  return found.map(({ type, kind, key, asked }) => [type, kind, key, ...(asked === null ? [] : [asked])].join(" "));
}

/** Kinds and states of the cases about one thing. */
export async function casesOf({ db }: Shop, subject: string): Promise<readonly string[]> {
  const found = await db.selectFrom("exceptions").selectAll().where("subject", "=", subject).orderBy("id").execute();
  return found.map(({ kind, state }) => `${kind} ${state}`);
}

/** As if this money had come at another moment. */
export async function bookedAt({ db }: Shop, transactionId: string, at: Date): Promise<void> {
  await db.updateTable("receipts").set({ booked_at: at }).where("transaction_id", "=", transactionId).execute();
  await db
    .updateTable("payments")
    .set({ succeeded_at: at })
    .where("transaction_id", "=", transactionId)
    .where("status", "=", "succeeded")
    .execute();
}

/** Nothing that another test has left is compared with. */
export async function forgetStatements({ db }: Shop): Promise<void> {
  await db.deleteFrom("statement_lines").execute();
  await db.deleteFrom("reconciliation_differences").execute();
  await db.deleteFrom("reconciliations").execute();
  await db.deleteFrom("duties").execute();
  // Far from every day that a test compares.
  const longAgo = new Date("2020-01-01T00:00:00Z");
  await db.updateTable("receipts").set({ booked_at: longAgo }).execute();
  await db.updateTable("payments").set({ succeeded_at: longAgo }).where("status", "=", "succeeded").execute();
  await db.updateTable("payments").set({ started_at: longAgo }).execute();
  await db.updateTable("refunds").set({ succeeded_at: longAgo }).where("status", "=", "succeeded").execute();
  await sql`update refunds set created_at = ${longAgo}`.execute(db);
}
