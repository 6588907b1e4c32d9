import { type Alert, alerts, audit, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import type { Person } from "../close-case.ts";
import type { Engine } from "../engine.ts";

export type AcknowledgeAlert = { readonly key: string; readonly reason: string; readonly by: Person };

/**
 * Says that a person looks after it: it is not repeated any more. More of it, and its end, are still told.
 *
 * @throws Fault `not_found`, `already_resolved`.
 */
export function acknowledgeAlert({ db }: Pick<Engine, "db">, { key, reason, by }: AcknowledgeAlert): Promise<Alert> {
  return transact(db, async (tx) => {
    const alert = await alerts.lock(tx, key);
    if (alert === undefined) throw new Fault("not_found", { alert: key });
    if (alert.state === "resolved") throw new Fault("already_resolved", { alert: key });
    const acknowledged = await alerts.acknowledge(tx, key, { by: by.sub, reason });
    await audit.write(tx, [
      {
        actor: by.sub,
        action: "alert.acknowledge",
        entity: "alert",
        entityId: key,
        before: { acknowledgedBy: alert.acknowledged_by },
        after: { acknowledgedBy: by.sub },
        reason,
      },
    ]);
    return acknowledged;
  });
}
