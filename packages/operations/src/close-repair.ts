import { type Tx, audit, exceptions, repairs } from "@zhanggui/db";

/** Ends a repair whose law holds again, and closes its case. Of two calls the second does nothing. */
export async function closeRepair(
  tx: Tx,
  id: string,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<void> {
  const repair = await repairs.lock(tx, id);
  if (repair === undefined) return;
  if (!(await repairs.end(tx, id, repair.applied_at === null ? "vanished" : "mended"))) return;
  const closed = await exceptions.settle(tx, repair.exception_id);
  if (!closed) return;
  await audit.write(tx, [
    {
      actor,
      action: "exception.resolve",
      entity: "exception",
      entityId: repair.exception_id,
      orderId: repair.order_id ?? undefined,
      before: { state: "open" },
      after: { state: "resolved" },
      reason,
      evidence: id,
    },
  ]);
}
