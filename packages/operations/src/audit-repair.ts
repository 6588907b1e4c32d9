import { type Repair, type Tx, audit } from "@zhanggui/db";

import type { Difference, Plan } from "./laws/plan.ts";

export type AuditedRepair = {
  readonly repair: Pick<Repair, "id" | "law" | "key" | "order_id" | "exception_id">;
  readonly plan: Extract<Plan, { kind: "mend" }>;
  readonly wish: { readonly actor: string; readonly reason: string };
  readonly isUndo: boolean;
};

/** Writes what a repair changed, column by column, and how to take it back; a state that moved is told as every other. */
export async function auditRepair(tx: Tx, { repair, plan, wish, isUndo }: AuditedRepair): Promise<void> {
  const { id, law, key, order_id: orderId, exception_id: evidence } = repair;
  const { diff, undo, rings } = plan;
  const [before, after] = [valuesOf(diff, "before"), valuesOf(diff, "after")];
  const shared = { ...wish, orderId: orderId ?? undefined, evidence };
  await audit.write(tx, [
    {
      ...shared,
      action: isUndo ? "repair.undo" : "repair.apply",
      entity: "repair",
      entityId: id,
      before: { law, key, rows: isUndo ? after : before },
      after: isUndo ? { rows: before } : { rows: after, undo, rings },
    },
    ...(isUndo ? [] : diff.flatMap((one) => statusEntry(one, shared))),
  ]);
}

function valuesOf(
  diff: readonly Difference[],
  side: "before" | "after",
): Readonly<Record<string, Difference["before"]>> {
  return Object.fromEntries(diff.map((one) => [`${one.table}/${one.key}.${one.column}`, one[side]]));
}

type Shared = Pick<audit.NewAuditEntry, "actor" | "reason" | "orderId" | "evidence">;

function statusEntry({ table, key, column, before, after }: Difference, shared: Shared): audit.NewAuditEntry[] {
  if (column !== "status" || (table !== "orders" && table !== "payments")) return [];
  const entity = table === "orders" ? "order" : "payment";
  return [
    {
      ...shared,
      action: `${entity}.repair`,
      entity,
      entityId: key,
      before: { status: before },
      after: { status: after },
    },
  ];
}
