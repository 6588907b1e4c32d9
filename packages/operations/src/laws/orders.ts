import { sql } from "kysely";

import { type Law, isPaidLike, sqlLaw } from "./law.ts";
import { type Change, askPerson, mend, rowsOf, textOf, textOrNull } from "./plan.ts";

export const orderTotal: Law = sqlLaw({
  name: "order-total",
  says: { en: "an order's amount is the sum of its lines", zh: "订单金额等于各明细金额之和" },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id, jsonb_build_object('amount', orders.amount::text,
      'lines', total.amount::text, 'placed', (
        select after ->> 'amount' from audit where entity = 'order' and entity_id = orders.id
          and action = 'order.place' order by id limit 1)) as facts
    from orders cross join lateral (
      select coalesce(sum(unit_price * quantity), 0)::numeric(14, 2) as amount
      from order_lines where order_id = orders.id
    ) as total
    where ${within} and orders.amount <> total.amount
  `,
  plan: ({ key, facts }) => {
    const [amount, lines] = [textOf(facts, "amount"), textOf(facts, "lines")];
    if (textOrNull(facts, "placed") !== lines) {
      return askPerson(
        `The lines say ${lines}, the order ${amount}, its audit ${textOrNull(facts, "placed") ?? "nothing"}: an operator compares them with the receipt and refunds what was taken too much.`,
      );
    }
    return mend("The order was placed for the sum of its lines: its audit says so.", [
      { table: "orders", where: { id: key }, set: { amount: [amount, lines] } },
    ]);
  },
});

/** The payment by which the order was taken to paid: written in the same transaction. */
const payer = sql`(
  select paying.entity_id from audit as turned
  join audit as paying on paying.order_id = turned.order_id and paying.xid = turned.xid
    and paying.action in ('payment.succeeded', 'payment.take')
  where turned.order_id = orders.id and turned.action in ('order.pay', 'order.revive')
  order by turned.id desc, paying.id desc limit 1
)`;

const succeeded = sql`(
  select coalesce(jsonb_agg(jsonb_build_object('id', payments.id, 'effective', payments.effective) order by payments.id),
    '[]') from payments where payments.order_id = orders.id and payments.status = 'succeeded'
)`;

export const paidOnce: Law = sqlLaw({
  name: "paid-once",
  says: {
    en: "an order that was paid has exactly one effective payment, which succeeded",
    zh: "已支付过的订单恰有一笔生效且成功的支付",
  },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id,
      jsonb_build_object('order', orders.status, 'payer', ${payer}, 'succeeded', ${succeeded}) as facts
    from orders
    where ${within} and ${isPaidLike} and 1 <> (
      select count(*) from payments where payments.order_id = orders.id and effective and status = 'succeeded')
  `,
  plan: ({ facts }) => {
    const paying = textOrNull(facts, "payer");
    const all = rowsOf(facts, "succeeded").map((row) => ({
      id: textOf(row, "id"),
      effective: row["effective"] === true,
    }));
    if (!all.some(({ id }) => id === paying)) {
      return askPerson(
        "No payment that succeeded is known to have paid it: an operator looks for its money at the gateway, and cancels or refunds the order.",
      );
    }
    const change = (id: string, before: boolean): Change => ({
      table: "payments",
      where: { id },
      set: { effective: [before, !before] },
    });
    return mend(`Its audit says that ${paying} paid it.`, [
      ...all.filter(({ id, effective }) => effective && id !== paying).map(({ id }) => change(id, true)),
      ...all.filter(({ id, effective }) => !effective && id === paying).map(({ id }) => change(id, false)),
    ]);
  },
});

export const unpaidHasNone: Law = sqlLaw({
  name: "unpaid-has-none",
  says: {
    en: "an order that was never paid has no effective payment",
    zh: "未支付过的订单没有生效支付",
  },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id, payments.id as payment_id,
      jsonb_build_object('order', orders.status, 'payer', ${payer}, 'effective', payments.id) as facts
    from payments join orders on orders.id = payments.order_id
    where ${within} and payments.effective and not ${isPaidLike}
  `,
  plan: ({ facts }) =>
    textOrNull(facts, "payer") === null
      ? mend("Its audit knows of no payment that made it paid: the money is decided as a case.", [
          { table: "payments", where: { id: textOf(facts, "effective") }, set: { effective: [true, false] } },
        ])
      : askPerson("Its audit says that it was paid: mend order-in-audit first, then check again."),
});

export const orderOverdue: Law = sqlLaw({
  name: "order-overdue",
  says: {
    en: "no order stays unpaid for a quarter of an hour after its deadline",
    zh: "没有订单在到期十五分钟后仍待支付",
  },
  about: "orders",
  indexed: true,
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id,
      jsonb_build_object('expiresAt', orders.expires_at, 'closingSince', orders.closing_since) as facts
    from orders
    where ${within} and orders.status = 'pending' and orders.expires_at < now() - interval '15 minutes'
  `,
  plan: ({ key, facts }) =>
    mend(
      "Its timer is rung again: its gateways are asked and it is cancelled, or paid.",
      [],
      [{ what: "expire", orderId: key, at: textOf(facts, "expiresAt") }],
    ),
});
