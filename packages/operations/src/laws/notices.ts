import { sql } from "kysely";

import { type Facts, type Law, sqlLaw } from "./law.ts";
import { type Plan, mend, textOf, textOrNull } from "./plan.ts";

export const noticeHasOutcome: Law = sqlLaw({
  name: "notice-has-outcome",
  says: {
    en: "a notice that was dealt with says what became of it, and when",
    zh: "已处理、已忽略或已搁置的通知都有结果与处理时间",
  },
  about: "callbacks",
  breaches: (within) => sql`
    select callbacks.id as key, callbacks.order_id, callbacks.payment_id, ${noticeFacts} as facts
    from callbacks
    where ${within} and state in ('processed', 'ignored', 'parked') and (outcome is null or settled_at is null)
  `,
  plan: ({ key, facts }) =>
    settleAgain(key, facts, "What became of it is decided anew from today's rows: it is settled again."),
});

export const noticeIsSettled: Law = sqlLaw({
  name: "notice-is-settled",
  says: {
    en: "no acknowledged notice waits for a quarter of an hour, and none of money stays failed",
    zh: "没有已应答的通知等待超过十五分钟，也没有资金通知停留在失败",
  },
  about: "callbacks",
  indexed: true,
  breaches: (within) => sql`
    select callbacks.id as key, callbacks.order_id, callbacks.payment_id, ${noticeFacts} as facts
    from callbacks
    where ${within} and last_received_at < now() - interval '15 minutes' and (
      state = 'received' or (state = 'failed' and status in ('succeeded', 'refund_succeeded')))
  `,
  plan: ({ key, facts }) =>
    settleAgain(
      key,
      facts,
      textOrNull(facts, "error") === null
        ? "Its job is rung again."
        : `It could not be settled (${textOf(facts, "error")}): its job is rung again. When it fails again, a developer looks at it.`,
    ),
});

const noticeFacts = sql`jsonb_build_object('provider', callbacks.provider, 'eventKey', callbacks.event_key,
  'state', callbacks.state, 'outcome', callbacks.outcome, 'settledAt', callbacks.settled_at,
  'status', callbacks.status, 'error', callbacks.error)`;

/** Puts a notice back to where it waits, as a person's retry does. */
function settleAgain(callbackId: string, facts: Facts, explanation: string): Plan {
  const state = textOf(facts, "state");
  const isWaiting = state === "received";
  return mend(
    explanation,
    isWaiting
      ? []
      : [
          {
            table: "callbacks",
            where: { id: callbackId },
            set: {
              state: [state, "received"],
              outcome: [textOrNull(facts, "outcome"), null],
              settled_at: [textOrNull(facts, "settledAt"), null],
            },
          },
        ],
    [{ what: "settle", callbackId, provider: textOf(facts, "provider"), eventKey: textOf(facts, "eventKey") }],
  );
}
