import { type Tx, audit, exceptions } from "@zhanggui/db";
import type { ExceptionKind } from "@zhanggui/domain";

import { newId } from "./ids.ts";

export type RefundCase = {
  readonly kind: Extract<ExceptionKind, "refund_unknown" | "refund_failed" | "amount_mismatch">;
  readonly provider: string;
  /** Our number of the refund, or what else it is known by. */
  readonly number: string;
  readonly orderId: string | null | undefined;
  readonly paymentId: string | null | undefined;
  readonly callbackId: string | undefined;
  /** Yuan text. */
  readonly amount: string;
  readonly detail: Readonly<Record<string, string | boolean | null>>;
  readonly actor: string;
};

function subjectOf({ provider, number }: Pick<RefundCase, "provider" | "number">): string {
  return `refund:${provider}:${number}`;
}

/** Asks a person about a refund. Told again, it opens no second case. */
export async function openRefundCase(tx: Tx, opening: RefundCase): Promise<void> {
  const { kind, orderId, paymentId, callbackId, amount, detail, actor } = opening;
  const id = newId("exc");
  const isNew = await exceptions.open(tx, {
    id,
    subject: subjectOf(opening),
    kind,
    orderId: orderId ?? undefined,
    paymentId: paymentId ?? undefined,
    callbackId,
    amount,
    detail: JSON.stringify(detail),
  });
  if (!isNew) return;
  await audit.write(tx, [
    {
      actor,
      action: "exception.open",
      entity: "exception",
      entityId: id,
      orderId: orderId ?? undefined,
      after: { kind, amount },
      evidence: callbackId,
    },
  ]);
}

export type ClosedBy = { readonly actor: string; readonly orderId: string | null; readonly reason: string };

/** Closes a refund's open cases of these kinds, because what they were about came right by itself. */
export async function closeRefundCases(
  tx: Tx,
  about: Pick<RefundCase, "provider" | "number"> & { readonly kinds: readonly RefundCase["kind"][] },
  { actor, orderId, reason }: ClosedBy,
): Promise<void> {
  for (const kind of about.kinds) {
    const closed = await exceptions.settleBySubject(tx, { kind, subject: subjectOf(about) });
    if (closed === undefined) continue;
    await audit.write(tx, [
      {
        actor,
        action: "exception.resolve",
        entity: "exception",
        entityId: closed,
        orderId: orderId ?? undefined,
        before: { state: "open" },
        after: { state: "resolved" },
        reason,
      },
    ]);
  }
}
