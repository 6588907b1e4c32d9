import { alertFacts, callbacks } from "@zhanggui/db";

import type { Condition } from "./condition.ts";

/** Most notices are settled within a second; a sweep takes up what was missed. */
const longestWaitSeconds = 60;

export const waitingCallbacks: Condition = {
  kinds: ["callbacks_waiting"],
  find: async ({ db }) => {
    const { waiting, oldestSeconds } = await callbacks.lag(db);
    if (oldestSeconds < longestWaitSeconds) return [];
    return [
      {
        key: "callbacks_waiting",
        kind: "callbacks_waiting",
        severity: "critical",
        facts: { waiting, oldestSeconds: Math.floor(oldestSeconds) },
        path: "/dashboard/failed",
      },
    ];
  },
};

/** An order whose gateways do not say "closed" is waited for, five minutes at most. */
const lateSeconds = { openSeconds: 120, closingSeconds: 600 } as const;

export const lateExpiry: Condition = {
  kinds: ["expiry_late"],
  find: async ({ db }) => {
    const { count, oldestSeconds } = await alertFacts.lateOrders(db, lateSeconds);
    if (count === 0) return [];
    return [
      {
        key: "expiry_late",
        kind: "expiry_late",
        severity: "warning",
        facts: { orders: count, oldestSeconds },
        path: "/dashboard/orders?status=pending",
      },
    ];
  },
};

const unknownSeconds = 3_600;

export const unknownRefunds: Condition = {
  kinds: ["refunds_unknown"],
  find: async ({ db }) => {
    const { count, oldestSeconds } = await alertFacts.unknownRefunds(db, unknownSeconds);
    if (count === 0) return [];
    return [
      {
        key: "refunds_unknown",
        kind: "refunds_unknown",
        severity: "warning",
        facts: { refunds: count, oldestSeconds },
        path: "/dashboard/cases?state=open&kind=refund_unknown",
      },
    ];
  },
};
