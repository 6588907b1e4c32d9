import { alertFacts } from "@zhanggui/db";
import { type AlertFinding, Decimal, formatAmount } from "@zhanggui/domain";

import type { Condition } from "./condition.ts";

/** One alert for each kind of case that waits for people. A broken law has an alert of its own. */
export const openCases: Condition = {
  kinds: ["cases_open"],
  find: async ({ db }) => {
    const found = await alertFacts.openCases(db, { overdue: false });
    return found
      .filter(({ kind }) => kind !== "invariant_broken")
      .map(({ kind, cases, amount, oldest, newestId }): AlertFinding => ({
        key: `cases_open:${kind}`,
        kind: "cases_open",
        severity: "warning",
        facts: { kind, cases, amount, oldest: oldest.toISOString() },
        path: `/dashboard/cases?state=open&kind=${kind}`,
        mark: newestId,
      }));
  },
};

export const overdueCases: Condition = {
  kinds: ["cases_overdue"],
  find: async ({ db }) => {
    const found = await alertFacts.openCases(db, { overdue: true });
    const [oldest] = found.map((one) => one.oldest).toSorted((left, right) => left.getTime() - right.getTime());
    if (oldest === undefined) return [];
    const cases = found.reduce((sum, one) => sum + one.cases, 0);
    const amount = formatAmount(found.reduce((sum, one) => sum.plus(one.amount), new Decimal(0)));
    return [
      {
        key: "cases_overdue",
        kind: "cases_overdue",
        severity: "critical",
        facts: { cases, amount, oldest: oldest.toISOString() },
        path: "/dashboard/cases?state=open",
      },
    ];
  },
};

/** A slip between yuan and fen hits every payment of its provider: it is told apart from other mismatches. */
export const mixedUpUnits: Condition = {
  kinds: ["unit_mixed_up"],
  find: async ({ db }) => {
    const found = await alertFacts.mixedUpUnits(db);
    return found.map(({ provider, cases, amount, newestId }): AlertFinding => ({
      key: `unit_mixed_up:${provider}`,
      kind: "unit_mixed_up",
      severity: "critical",
      facts: { provider, cases, amount },
      path: "/dashboard/cases?state=open&kind=amount_mismatch",
      mark: newestId,
    }));
  },
};
