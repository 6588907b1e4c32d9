import { alertFacts, lawRuns } from "@zhanggui/db";
import type { AlertFinding } from "@zhanggui/domain";

import { auditChainCheck } from "../check-audit.ts";
import type { Condition } from "./condition.ts";

/** Laws whose last run found a breach. The audit's own is told apart: somebody changed history. */
export const brokenLaws: Condition = {
  kinds: ["law_broken", "audit_broken"],
  find: async ({ db }) => {
    const runs = await lawRuns.all(db);
    return runs
      .filter(({ holds }) => !holds)
      .map(({ law, breaches, says }): AlertFinding => {
        const isAudit = law === auditChainCheck.name;
        return {
          key: isAudit ? "audit_broken" : `law_broken:${law}`,
          kind: isAudit ? "audit_broken" : "law_broken",
          severity: "critical",
          facts: { law, breaches, says },
          path: "/dashboard/cases?state=open&kind=invariant_broken",
        };
      });
  },
};

const lookBackDays = 7;
const daysTold = 50;

/** Statements that differ from the book, or could not be compared with it. */
export const badReconciliations: Condition = {
  kinds: ["reconciliation"],
  find: async ({ db }) => {
    const found = await alertFacts.badDays(db, { days: lookBackDays, limit: daysTold });
    return found.map(({ provider, day, state, differences }) => ({
      key: `reconciliation:${provider}:${day}`,
      kind: "reconciliation",
      severity: "warning",
      facts: { provider, day, state, differences },
      path: "/dashboard/cases?state=open",
    }));
  },
};
