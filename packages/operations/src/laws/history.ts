import { sql } from "kysely";

import { type Facts, type Law, sqlLaw } from "./law.ts";
import { type Plan, type Value, askPerson, mend, textOf, textOrNull } from "./plan.ts";

export const orderInAudit: Law = sqlLaw({
  name: "order-in-audit",
  says: { en: "an order's state is the last one in its audit", zh: "订单状态与审计日志中最后的状态一致" },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id, jsonb_build_object('status', orders.status, 'told', told.status,
      'toldAt', told.at, 'paidAt', orders.paid_at, 'cancelledAt', orders.cancelled_at,
      'cancelReason', orders.cancel_reason, 'toldReason', told.reason) as facts
    from orders left join lateral ${lastTold("order", "orders.id")} as told on true
    where ${within} and told.status is distinct from orders.status
  `,
  plan: ({ key, facts }) => {
    const [status, told] = [textOf(facts, "status"), textOrNull(facts, "told")];
    if (told === null) return unknown;
    const paidAt = textOrNull(facts, "paidAt");
    const cancelledAt = textOrNull(facts, "cancelledAt");
    const at = textOf(facts, "toldAt");
    const set: Record<string, readonly [Value, Value]> = { status: [status, told] };
    if (told === "pending") {
      if (paidAt !== null) set["paid_at"] = [paidAt, null];
      if (cancelledAt !== null) set["cancelled_at"] = [cancelledAt, null];
    } else if (told === "cancelled") {
      if (cancelledAt === null) set["cancelled_at"] = [null, at];
      set["cancel_reason"] = [textOrNull(facts, "cancelReason"), textOrNull(facts, "toldReason")];
    } else if (paidAt === null) {
      set["paid_at"] = [null, at];
    }
    return mend(followsAudit, [{ table: "orders", where: { id: key }, set }]);
  },
});

export const paymentInAudit: Law = sqlLaw({
  name: "payment-in-audit",
  says: { en: "an attempt's state is the last one in its audit", zh: "支付单状态与审计日志中最后的状态一致" },
  about: "payments",
  breaches: (within) => sql`
    select payments.id as key, payments.order_id, payments.id as payment_id, jsonb_build_object(
      'status', payments.status, 'told', told.status, 'toldAt', told.at, 'effective', payments.effective,
      'transactionId', payments.transaction_id, 'toldTransactionId', told.transaction_id,
      'succeededAt', payments.succeeded_at, 'closedAt', payments.closed_at, 'leftOpen', payments.left_open) as facts
    from payments left join lateral ${lastTold("payment", "payments.id")} as told on true
    where ${within} and told.status is distinct from payments.status
  `,
  plan: ({ key, facts }) => planPayment(key, facts),
});

function planPayment(key: string, facts: Facts): Plan {
  const [status, told] = [textOf(facts, "status"), textOrNull(facts, "told")];
  if (told === null) return unknown;
  const succeededAt = textOrNull(facts, "succeededAt");
  const transactionId = textOrNull(facts, "transactionId");
  const set: Record<string, readonly [Value, Value]> = { status: [status, told] };
  if (told === "succeeded") {
    const known = transactionId ?? textOrNull(facts, "toldTransactionId");
    if (known === null) return unknown;
    set["succeeded_at"] = [succeededAt, textOf(facts, "toldAt")];
    if (transactionId === null) set["transaction_id"] = [null, known];
  } else {
    if (succeededAt !== null) set["succeeded_at"] = [succeededAt, null];
    if (facts["effective"] === true) set["effective"] = [true, false];
  }
  const isOpen = told === "init" || told === "processing";
  if (isOpen && facts["leftOpen"] === true) set["left_open"] = [true, false];
  return mend(followsAudit, [{ table: "payments", where: { id: key }, set }]);
}

/**
 * The newest entry that states a status; entries of one row are written under its order's lock, so their ids are their
 * order. When it first had that status, and under which transaction, may stand in an older one.
 */
function lastTold(entity: "order" | "payment", id: string) {
  const ofRow = sql`entity = ${entity} and entity_id = ${sql.ref(id)}`;
  return sql`(
    select last.status, last.reason,
      (select min(at) from audit where ${ofRow} and after ->> 'status' = last.status) as at,
      (select after ->> 'transactionId' from audit where ${ofRow} and after ->> 'transactionId' is not null
        order by audit.id desc limit 1) as transaction_id
    from (
      select after ->> 'status' as status, after ->> 'reason' as reason
      from audit where ${ofRow} and after ->> 'status' is not null order by audit.id desc limit 1
    ) as last
  )`;
}

const followsAudit = "Whoever changed it left no trace; it goes back to where its audit last saw it.";
const unknown = askPerson(
  "Its audit does not tell: a developer finds out who wrote this row without a trace, and an operator compares it with the gateway.",
);
