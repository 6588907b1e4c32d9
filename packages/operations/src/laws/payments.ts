import { sql } from "kysely";

import { type Facts, type Law, sqlLaw } from "./law.ts";
import { type Plan, askPerson, mend, rowOf, textOf, textOrNull } from "./plan.ts";

export const paymentAgrees: Law = sqlLaw({
  name: "payment-agrees",
  says: {
    en: "the payment that made an order paid has its amount and currency",
    zh: "生效支付的金额与币种和订单一致",
  },
  about: "payments",
  breaches: (within) => sql`
    select payments.id as key, orders.id as order_id, payments.id as payment_id, jsonb_build_object(
      'amount', payments.amount::text, 'currency', payments.currency,
      'orderAmount', orders.amount::text, 'orderCurrency', orders.currency,
      'receiptAgrees', exists (select from receipts where receipts.provider = payments.provider
        and receipts.transaction_id = payments.transaction_id and receipts.amount = orders.amount
        and receipts.currency = orders.currency)) as facts
    from payments join orders on orders.id = payments.order_id
    where ${within} and payments.effective
      and (payments.amount, payments.currency) is distinct from (orders.amount, orders.currency)
  `,
  plan: ({ key, facts }) => {
    const [amount, orderAmount] = [textOf(facts, "amount"), textOf(facts, "orderAmount")];
    if (facts["receiptAgrees"] !== true) {
      return askPerson(
        `The attempt says ${amount}, the order ${orderAmount}, and its receipt something else: an operator compares all three with the gateway's statement and refunds the difference, or corrects the order.`,
      );
    }
    return mend("The order and the receipt agree; the attempt follows them.", [
      {
        table: "payments",
        where: { id: key },
        set: {
          amount: [amount, orderAmount],
          currency: [textOf(facts, "currency"), textOf(facts, "orderCurrency")],
        },
      },
    ]);
  },
});

export const receiptAgrees: Law = sqlLaw({
  name: "receipt-agrees",
  says: {
    en: "each payment that succeeded has its receipt, and both name the same order, attempt, amount and currency",
    zh: "每笔成功的支付都有收款记录，且订单、支付单、金额、币种一致",
  },
  about: "payments",
  // Another amount is a case of its own: a person has decided, or will.
  breaches: (within) => sql`
    select payments.id as key, payments.order_id, payments.id as payment_id, jsonb_build_object(
      'provider', payments.provider, 'transactionId', payments.transaction_id, 'order', payments.order_id,
      'amount', payments.amount::text, 'currency', payments.currency,
      'sameNumber', receipts.out_trade_no = payments.out_trade_no,
      'receipt', case when receipts.provider is not null then jsonb_build_object('order', receipts.order_id,
        'payment', receipts.payment_id, 'amount', receipts.amount::text, 'currency', receipts.currency) end,
      'notice', (select jsonb_build_object('id', id, 'eventKey', event_key, 'state', state, 'outcome', outcome,
          'settledAt', settled_at)
        from callbacks where callbacks.transaction_id = payments.transaction_id
          and callbacks.provider = payments.provider and callbacks.out_trade_no = payments.out_trade_no
          and event_type = 'payment' and status = 'succeeded' and state in ('processed', 'ignored')
        order by id limit 1)) as facts
    from payments left join receipts
      on receipts.provider = payments.provider and receipts.transaction_id = payments.transaction_id
    where ${within} and payments.status = 'succeeded'
      and (
        receipts.provider is null
        or (receipts.order_id, receipts.payment_id) is distinct from (payments.order_id, payments.id)
        or ((receipts.amount, receipts.currency) is distinct from (payments.amount, payments.currency)
          and not exists (select from exceptions where kind in ('amount_mismatch', 'unmatched_payment')
            and subject = 'transaction:' || payments.provider || ':' || payments.transaction_id))
      )
  `,
  plan: ({ key, facts }) => {
    const receipt = rowOf(facts, "receipt");
    if (receipt === undefined) return bookAgain(facts);
    const isSame =
      textOf(receipt, "amount") === textOf(facts, "amount") &&
      textOf(receipt, "currency") === textOf(facts, "currency");
    if (!isSame || facts["sameNumber"] !== true) {
      return askPerson(
        "The book and the attempt tell of different money: an operator compares both with the gateway's statement. The book is never changed by a repair.",
      );
    }
    const where = { provider: textOf(facts, "provider"), transaction_id: textOf(facts, "transactionId") };
    return mend("The same money under the same number: the book names the attempt, and its order.", [
      {
        table: "receipts",
        where,
        set: {
          order_id: [textOrNull(receipt, "order"), textOf(facts, "order")],
          payment_id: [textOrNull(receipt, "payment"), key],
        },
      },
    ]);
  },
});

/** Money is booked from evidence only: its notice is settled again, which books it first of all. */
function bookAgain(facts: Facts): Plan {
  const notice = rowOf(facts, "notice");
  if (notice === undefined) {
    return askPerson(
      "No notice proves this money: an operator compares the attempt with the gateway's statement. The book is never filled by a repair.",
    );
  }
  const callbackId = textOf(notice, "id");
  return mend(
    `Its notice ${callbackId} is settled again: money that it tells of is booked first.`,
    [
      {
        table: "callbacks",
        where: { id: callbackId },
        set: {
          state: [textOf(notice, "state"), "received"],
          outcome: [textOrNull(notice, "outcome"), null],
          settled_at: [textOrNull(notice, "settledAt"), null],
        },
      },
    ],
    [{ what: "settle", callbackId, provider: textOf(facts, "provider"), eventKey: textOf(notice, "eventKey") }],
  );
}

export const closedWithOrder: Law = sqlLaw({
  name: "closed-with-order",
  says: {
    en: "no attempt is open while its order no longer waits for money",
    zh: "订单不再待支付时，没有仍可支付的支付单",
  },
  about: "payments",
  breaches: (within) => sql`
    select payments.id as key, orders.id as order_id, payments.id as payment_id, jsonb_build_object(
      'order', orders.status, 'status', payments.status, 'closedAt', payments.closed_at,
      'leftOpen', payments.left_open, 'isAskedAbout', payments.next_query_at is not null,
      'isExpired', orders.cancel_reason is not distinct from 'expired',
      'endedAt', case when orders.status = 'cancelled' then orders.cancelled_at else orders.paid_at end) as facts
    from payments join orders on orders.id = payments.order_id
    where ${within} and payments.status in ('init', 'processing') and orders.status <> 'pending'
  `,
  plan: ({ key, facts }) =>
    mend(`Its order is ${textOf(facts, "order")}: it ends with it. Its gateway is asked about it further.`, [
      {
        table: "payments",
        where: { id: key },
        set: {
          status: [textOf(facts, "status"), facts["isExpired"] === true ? "expired" : "cancelled"],
          closed_at: [textOrNull(facts, "closedAt"), textOrNull(facts, "endedAt")],
          left_open: [facts["leftOpen"] === true, facts["isAskedAbout"] === true],
        },
      },
    ]),
});
