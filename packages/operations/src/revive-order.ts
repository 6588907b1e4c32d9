import { exceptions, orders } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";
import type { Person } from "./close-case.ts";
import { type CaseDecision, resolveException } from "./resolve-exception.ts";

export type ReviveOrder = { readonly orderId: string; readonly reason: string; readonly by: Person };

/**
 * Takes a cancelled order to paid for the late money that waits in its case, when its stock is still there: the case's
 * own `revive`, found by the order.
 *
 * @throws Fault `order_not_found`, `invalid_transition` when no late money waits, and what `resolveException` throws.
 */
export async function reviveOrder(engine: Engine, { orderId, reason, by }: ReviveOrder): Promise<CaseDecision> {
  const order = await orders.find(engine.db, orderId);
  if (order === undefined) throw new Fault("order_not_found", { orderId });
  const cases = await exceptions.ofOrder(engine.db, orderId);
  const late = cases.find(({ kind, state }) => kind === "late_payment" && state === "open");
  if (order.status !== "cancelled" || late === undefined) {
    throw new Fault("invalid_transition", { orderId, from: order.status, event: "revive" });
  }
  return resolveException(engine, { exceptionId: late.id, action: "revive", reason, by });
}
