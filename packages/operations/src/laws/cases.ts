import { sql } from "kysely";

import { caseChange } from "./case-change.ts";
import { type Law, sqlLaw } from "./law.ts";
import { type Value, mend, textOf, textOrNull } from "./plan.ts";

export const refundHasCase: Law = sqlLaw({
  name: "refund-has-case",
  says: {
    en: "a refund that failed, or did not reach the buyer, has a case",
    zh: "失败或异常的退款都有异常单",
  },
  about: "refunds",
  indexed: true,
  // Refunds are few beside orders: they are read from one end to the other.
  breaches: (within) => sql`
    select refunds.id as key, refunds.order_id, refunds.payment_id, jsonb_build_object('provider', refunds.provider,
      'number', refunds.out_refund_no, 'transactionId', refunds.transaction_id, 'status', refunds.status,
      'amount', refunds.amount::text, 'createdAt', refunds.created_at) as facts
    from refunds
    where ${within} and refunds.status in ('failed', 'abnormal') and not exists (
      select from exceptions where kind = 'refund_failed'
        and subject = 'refund:' || refunds.provider || ':' || refunds.out_refund_no)
  `,
  plan: ({ key, facts, orderId, paymentId }, id) =>
    mend(`The refund is ${textOf(facts, "status")} and nobody was asked: a case is opened.`, [
      caseChange(
        {
          kind: "refund_failed",
          subject: `refund:${textOf(facts, "provider")}:${textOf(facts, "number")}`,
          orderId,
          paymentId,
          callbackId: null,
          amount: textOf(facts, "amount"),
          since: textOf(facts, "createdAt"),
          detail: { refund: key, was: textOf(facts, "status"), transactionId: textOf(facts, "transactionId") },
        },
        null,
        id,
      ),
    ]),
});

export const caseIsWorkable: Law = sqlLaw({
  name: "case-is-workable",
  says: {
    en: "an open case has a deadline within a month of its opening, and details that can be read",
    zh: "未结的异常单有一个月内的处理期限和可读的详情",
  },
  about: "exceptions",
  indexed: true,
  breaches: (within) => sql`
    select exceptions.id as key, exceptions.order_id, exceptions.payment_id, jsonb_build_object(
      'dueAt', due_at, 'due', created_at + interval '24 hours', 'detail', detail,
      'isLate', due_at is null or due_at > created_at + interval '31 days',
      'isUnreadable', detail is null or detail !~ '^[{].*[}]$') as facts
    from exceptions
    where ${within} and exceptions.state = 'open' and (due_at is null or due_at > created_at + interval '31 days'
      or detail is null or detail !~ '^[{].*[}]$')
  `,
  plan: ({ key, facts }) => {
    const detail = textOrNull(facts, "detail");
    const set: Record<string, readonly [Value, Value]> = {};
    if (facts["isLate"] === true) set["due_at"] = [textOrNull(facts, "dueAt"), textOf(facts, "due")];
    if (facts["isUnreadable"] === true) set["detail"] = [detail, JSON.stringify({ was: detail })];
    return mend("Its deadline is a day after its opening, and what its details said is kept as text.", [
      { table: "exceptions", where: { id: key }, set },
    ]);
  },
});
