import { sql } from "kysely";
import { expect } from "vitest";

import type { Shop } from "./shop.ts";

type Place = {
  readonly transaction_id: string;
  /** What is neither back nor on its way back. */
  readonly rest: string;
  readonly pays: boolean;
  readonly written_off: boolean;
  readonly open_cases: number;
};

/** The law of cases: what is left of each receipt pays an order, was written off, or waits in one open case. */
export async function expectEveryYuanInOnePlace({ db }: Shop): Promise<void> {
  const { rows } = await sql<Place>`
    select receipts.transaction_id, amount - refunded - refund_reserved as rest,
      exists (select from payments where payments.id = receipts.payment_id and effective
        and payments.transaction_id = receipts.transaction_id) as pays,
      written_off_at is not null as written_off,
      (select count(*)::int from exceptions where state = 'open' and (
        subject = 'transaction:' || receipts.provider || ':' || receipts.transaction_id
        or subject in (select 'refund:' || refunds.provider || ':' || refunds.out_refund_no from refunds
          where refunds.provider = receipts.provider and refunds.transaction_id = receipts.transaction_id)
      )) as open_cases
    from receipts
  `.execute(db);

  for (const { transaction_id, rest, pays, written_off, open_cases } of rows) {
    if (Number(rest) === 0) continue;
    const places = Number(pays) + Number(written_off) + (pays ? 0 : open_cases);
    expect({ transaction_id, rest, places }).toEqual({ transaction_id, rest, places: 1 });
  }
}
