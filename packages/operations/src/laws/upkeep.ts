import { orders } from "@zhanggui/db";
import { sql } from "kysely";

import { auditChainCheck } from "../check-audit.ts";
import type { Breach, Law } from "./law.ts";
import { askPerson, mend, textOf } from "./plan.ts";

/** Kept for a week; the sweep that forgets them may be a day behind. */
const oldestKeyDays = 8;

export const keysAreBounded: Law = {
  name: "keys-are-bounded",
  says: { en: "idempotency keys are forgotten after a week", zh: "幂等键在一周后被清除" },
  often: true,
  find: async ({ db }) => {
    const { rows } = await sql<{ old: boolean }>`
      select exists (
        select from idempotency_keys where created_at < now() - make_interval(days => ${oldestKeyDays})) as old
    `.execute(db);
    const breach: Breach = { key: "idempotency_keys", orderId: null, paymentId: null, facts: { days: oldestKeyDays } };
    return rows[0]?.old === true ? [breach] : [];
  },
  plan: () =>
    mend("Old keys are forgotten now. If it comes back, the sweep does not keep up.", [], [{ what: "forget-keys" }]),
};

/** The orders whose deadlines come first; the timers of the others will be looked after when their time comes near. */
const timersLookedAt = 1_000;
const timersAtOnce = 20;
/** An order this young may be between its commit and its timer. */
const youngestSeconds = 60;

export const orderHasTimer: Law = {
  name: "order-has-timer",
  says: { en: "an order that waits for money has its timer in the queue", zh: "待支付订单在队列里有定时任务" },
  often: true,
  find: async ({ db, wake: { hasTimer } }, { reach, limit }) => {
    if (hasTimer === undefined) return [];
    const key = reach.kind === "one" ? reach.key : undefined;
    const waiting = await orders.awaitingTimer(db, { youngestSeconds, limit: timersLookedAt, key });
    const missing: Breach[] = [];
    for (let at = 0; at < waiting.length && missing.length < limit; at += timersAtOnce) {
      const some = waiting.slice(at, at + timersAtOnce);
      const known = await Promise.all(some.map(({ id }) => hasTimer(id)));
      missing.push(
        ...some
          .filter((_, index) => known[index] === false)
          .map(({ id, expires_at }) => ({ key: id, orderId: id, paymentId: null, facts: { expiresAt: expires_at } })),
      );
    }
    return missing.slice(0, limit);
  },
  plan: ({ key, facts }) =>
    mend("Its timer is made again.", [], [{ what: "expire", orderId: key, at: textOf(facts, "expiresAt") }]),
};

export const auditIsSealed: Law = {
  name: "audit-chain",
  says: { en: "the audit under its seals is as it was sealed", zh: "已封存的审计日志未被改动" },
  often: false,
  find: async ({ db }) => {
    const { ok, says, facts } = await auditChainCheck.run({ db }, {});
    return ok ? [] : [{ key: "chain", orderId: null, paymentId: null, facts: { says, ...facts } }];
  },
  plan: () =>
    askPerson(
      "Somebody changed sealed history: an administrator finds out who had the database's rights, and compares the entry with a backup. It is never mended by a repair.",
    ),
};
