import { sql } from "kysely";

import type { ExceptionKind } from "@zhanggui/domain";

import { caseChange } from "./case-change.ts";
import { type Law, isPaidLike, sqlLaw } from "./law.ts";
import { askPerson, mend, textOf, textOrNull } from "./plan.ts";

/** The sum of what refunds say of a receipt; refunds are few, so they are gathered once. */
const told = sql`(
  select provider, transaction_id,
    sum(amount) filter (where status = 'succeeded') as refunded,
    sum(amount) filter (where status not in ('succeeded', 'failed')) as reserved
  from refunds group by provider, transaction_id
)`;

export const refundSums: Law = sqlLaw({
  name: "refund-sums",
  says: {
    en: "what a receipt says is back or on its way is the sum of its refunds, and never more than came in",
    zh: "收款的已退与退款占用等于各退款单之和，且不超过实收",
  },
  about: "receipts",
  breaches: (within) => sql`
    select receipts.provider || '/' || receipts.transaction_id as key, receipts.order_id, receipts.payment_id,
      jsonb_build_object('provider', receipts.provider, 'transactionId', receipts.transaction_id,
        'amount', receipts.amount::text, 'refunded', receipts.refunded::text, 'reserved', receipts.refund_reserved::text,
        'refundedSum', coalesce(told.refunded, 0)::numeric(14, 2)::text,
        'reservedSum', coalesce(told.reserved, 0)::numeric(14, 2)::text,
        'fits', coalesce(told.refunded, 0) + coalesce(told.reserved, 0) <= receipts.amount) as facts
    from receipts left join ${told} as told
      on told.provider = receipts.provider and told.transaction_id = receipts.transaction_id
    where ${within} and (receipts.refunded <> coalesce(told.refunded, 0)
      or receipts.refund_reserved <> coalesce(told.reserved, 0)
      or receipts.refunded + receipts.refund_reserved > receipts.amount)
  `,
  plan: ({ facts }) =>
    facts["fits"] === true
      ? mend("The two sums follow the refunds.", [
          {
            table: "receipts",
            where: { provider: textOf(facts, "provider"), transaction_id: textOf(facts, "transactionId") },
            set: {
              refunded: [textOf(facts, "refunded"), textOf(facts, "refundedSum")],
              refund_reserved: [textOf(facts, "reserved"), textOf(facts, "reservedSum")],
            },
          },
        ])
      : askPerson(
          "More went back than came in: an operator compares its refunds with the gateway's statement, and asks the buyer or the gateway for the difference.",
        ),
});

/** Whether a case about a receipt holds its money, or has decided about it. One that came right by itself has not. */
const hasCase = sql`(
  exists (
    select from exceptions
    where kind in ('late_payment', 'surplus_payment', 'amount_mismatch', 'unmatched_payment')
      and subject = 'transaction:' || receipts.provider || ':' || receipts.transaction_id
      and (state = 'open' or resolution is not null)
  ) or exists (
    select from refunds join exceptions on kind in ('refund_failed', 'refund_unknown', 'amount_mismatch')
      and subject = 'refund:' || refunds.provider || ':' || refunds.out_refund_no
    where refunds.provider = receipts.provider and refunds.transaction_id = receipts.transaction_id
      and (state = 'open' or resolution is not null)
  )
)`;

const paysAnOrder = sql`exists (
  select from payments join orders on orders.id = payments.order_id
  where payments.status = 'succeeded' and payments.provider = receipts.provider
    and payments.transaction_id = receipts.transaction_id and payments.effective and ${isPaidLike}
)`;

export const moneyInOnePlace: Law = sqlLaw({
  name: "money-in-one-place",
  says: {
    en: "what is not back, nor on its way back, of each receipt pays one order, was written off, or is a case's",
    zh: "每笔收款中未退、未在退的每一分钱，要么付了一笔订单，要么已核销，要么在异常单里",
  },
  about: "receipts",
  breaches: (within) => sql`
    select receipts.provider || '/' || receipts.transaction_id as key, receipts.order_id, receipts.payment_id,
      jsonb_build_object('provider', receipts.provider, 'transactionId', receipts.transaction_id,
        'amount', receipts.amount::text, 'rest', (receipts.amount - refunded - refund_reserved)::text,
        'pays', ${paysAnOrder}, 'callback', receipts.callback_id, 'order', receipts.order_id,
        'payment', receipts.payment_id, 'bookedAt', receipts.booked_at,
        'kind', orders_kind.kind, 'case', (
          select jsonb_build_object('id', id, 'resolvedAt', resolved_at) from exceptions
          where exceptions.kind = orders_kind.kind
            and subject = 'transaction:' || receipts.provider || ':' || receipts.transaction_id)) as facts
    from receipts cross join lateral (
      select coalesce((select case
        when orders.status = 'pending' or (orders.amount, orders.currency) <> (receipts.amount, receipts.currency)
          then 'amount_mismatch'
        when orders.status = 'cancelled' then 'late_payment'
        else 'surplus_payment' end from orders where orders.id = receipts.order_id), 'unmatched_payment') as kind
    ) as orders_kind
    where ${within} and receipts.amount - refunded - refund_reserved > 0 and case
      when ${paysAnOrder} then receipts.written_off_at is not null
      else receipts.written_off_at is null and not ${hasCase}
    end
  `,
  plan: ({ facts, orderId, paymentId }, id) => {
    if (facts["pays"] === true) {
      return askPerson(
        "It pays an order and was written off: an operator finds out from the gateway which is true, and refunds it or keeps the order.",
      );
    }
    const transactionId = textOf(facts, "transactionId");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The four kinds that the query writes.
    const kind = textOf(facts, "kind") as ExceptionKind;
    return mend("Nobody has decided about this money: a case is opened, for a person to do so.", [
      caseChange(
        {
          kind,
          subject: `transaction:${textOf(facts, "provider")}:${transactionId}`,
          orderId,
          paymentId,
          callbackId: textOrNull(facts, "callback"),
          amount: textOf(facts, "amount"),
          since: textOf(facts, "bookedAt"),
          detail: { transactionId, found: "by the law money-in-one-place" },
        },
        facts["case"],
        id,
      ),
    ]);
  },
});

export const refundedIsBack: Law = sqlLaw({
  name: "refunded-is-back",
  says: {
    en: "a paid order is over when all of its effective payment is back, and not before",
    zh: "已支付订单在生效支付全额退回时才结束，退回后必已结束",
  },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id, payments.id as payment_id, jsonb_build_object(
      'order', orders.status, 'amount', receipts.amount::text, 'refunded', receipts.refunded::text,
      'isBack', receipts.refunded = receipts.amount, 'cancelledAt', orders.cancelled_at,
      'cancelReason', orders.cancel_reason, 'cancellation', orders.status = 'paid' and exists (
        select from refunds where refunds.provider = receipts.provider and status = 'succeeded'
          and refunds.transaction_id = receipts.transaction_id and ends_order_as = 'cancelled'),
      'backAt', (select max(succeeded_at) from refunds where refunds.provider = receipts.provider
        and refunds.transaction_id = receipts.transaction_id and status = 'succeeded')) as facts
    from orders join payments on payments.order_id = orders.id and payments.effective
    join receipts on receipts.provider = payments.provider and receipts.transaction_id = payments.transaction_id
    where ${within} and ${isPaidLike} and receipts.amount > 0
      and (orders.status in ('refunded', 'cancelled')) <> (receipts.refunded = receipts.amount)
  `,
  plan: ({ key, facts }) => {
    const order = textOf(facts, "order");
    if (facts["isBack"] !== true || textOrNull(facts, "backAt") === null) {
      return askPerson(
        `The order is ${order}, and ${textOf(facts, "refunded")} of ${textOf(facts, "amount")} is back: an operator refunds the rest at the gateway, or mends order-in-audit when the audit says that the order was never over.`,
      );
    }
    const where = { id: key };
    return facts["cancellation"] === true
      ? mend("All of its money is back, sent by a cancellation.", [
          {
            table: "orders",
            where,
            set: {
              status: [order, "cancelled"],
              cancelled_at: [textOrNull(facts, "cancelledAt"), textOf(facts, "backAt")],
              cancel_reason: [textOrNull(facts, "cancelReason"), "operator"],
            },
          },
        ])
      : mend("All of its money is back.", [{ table: "orders", where, set: { status: [order, "refunded"] } }]);
  },
});
