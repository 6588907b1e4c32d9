import { orders } from "@zhanggui/db";

import type { Engine } from "./engine.ts";
import { expireOrder } from "./expire-order.ts";

export type CancelUnpaid = {
  readonly minutes: number;
  readonly limit: number;
  readonly dryRun: boolean;
  readonly actor: string;
};

export type UnpaidOrder = {
  readonly number: string;
  readonly amount: string;
  readonly createdAt: Date;
  readonly outcome: "would_cancel" | "cancelled" | "paid_meanwhile" | "waits_for_gateway" | "error";
  readonly detail?: string;
};

/**
 * The specification's command: cancels pending orders made at least `minutes` ago, at most `limit`, oldest first, by
 * the same operation as the timer. With `dryRun` it only says which.
 */
export async function cancelUnpaid(engine: Engine, request: CancelUnpaid): Promise<readonly UnpaidOrder[]> {
  const { minutes, limit, dryRun, actor } = request;
  const report: UnpaidOrder[] = [];
  for (const order of await orders.unpaidSince(engine.db, { minutes, limit })) {
    const line = { number: order.number, amount: order.amount, createdAt: order.created_at };
    report.push({ ...line, ...(dryRun ? { outcome: "would_cancel" } : await cancelOne(engine, order.id, actor)) });
  }
  return report;
}

async function cancelOne(
  engine: Engine,
  orderId: string,
  actor: string,
): Promise<Pick<UnpaidOrder, "outcome" | "detail">> {
  try {
    const expiry = await expireOrder(engine, { orderId, evenIfNotDue: true, actor });
    switch (expiry.kind) {
      case "expired":
        return { outcome: "cancelled" };
      case "closing":
        return { outcome: "waits_for_gateway", detail: expiry.why };
      case "ended":
      case "not_due":
        return { outcome: "paid_meanwhile" };
    }
  } catch (error) {
    return { outcome: "error", detail: error instanceof Error ? error.message : String(error) };
  }
}
