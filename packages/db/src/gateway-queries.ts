import { sql } from "kysely";

import type { Db } from "./connection.ts";
import type { GatewayAnswer, GatewayCallName, GatewayQuery } from "./schema.ts";

/** Calls about one payment that are kept. */
const keptOfPayment = 50;
const longestSaying = 200;

export type NewGatewayQuery = {
  readonly paymentId: string;
  readonly call: GatewayCallName;
  readonly answer: GatewayAnswer;
  /** The gateway's own word, or why there was none. */
  readonly says: string | undefined;
  readonly ms: number;
};

/** Writes down a call and its answer, and forgets the payment's oldest beyond the newest few. Answers its id. */
export async function write(db: Db, query: NewGatewayQuery): Promise<string> {
  const { paymentId, call, answer, says, ms } = query;
  const { rows } = await sql<{ id: string }>`
    with oldest as (
      delete from gateway_queries where payment_id = ${paymentId} and id in (
        select id from gateway_queries where payment_id = ${paymentId} order by id desc offset ${keptOfPayment - 1}
      )
    )
    insert into gateway_queries (payment_id, call, answer, says, ms)
    values (${paymentId}, ${call}, ${answer}, ${says?.slice(0, longestSaying) ?? null}, ${Math.max(0, Math.round(ms))})
    returning id
  `.execute(db);
  const [written] = rows;
  if (written === undefined) throw new Error(`a call about ${paymentId} was not written`);
  return written.id;
}

/** What the gateways were asked about an order's attempts, oldest first. */
export function ofOrder(db: Db, orderId: string): Promise<GatewayQuery[]> {
  return db
    .selectFrom("gateway_queries")
    .selectAll()
    .where("payment_id", "in", db.selectFrom("payments").select("id").where("order_id", "=", orderId))
    .orderBy("id")
    .execute();
}
