import { type ExceptionKind, suggestedAction } from "@zhanggui/domain";

import type { Change } from "./plan.ts";

export type MissingCase = {
  readonly kind: ExceptionKind;
  readonly subject: string;
  readonly orderId: string | null;
  readonly paymentId: string | null;
  readonly callbackId: string | null;
  /** Yuan text. */
  readonly amount: string;
  /** When the case should have been opened, in PostgreSQL's text: its deadline has passed by now, most likely. */
  readonly since: string;
  readonly detail: Readonly<Record<string, string>>;
};

/**
 * Opens a case that is missing, or the one of this kind and subject again that came right by itself. A new one has the
 * repair's own number, so that the same plan always says the same.
 *
 * @param known `{id, resolvedAt}` of the case that there is, as a law's query wrote it; else null.
 */
export function caseChange(missing: MissingCase, known: unknown, repairId: string): Change {
  const { kind, subject, orderId, paymentId, callbackId, amount, since, detail } = missing;
  if (isKnown(known)) {
    return {
      table: "exceptions",
      where: { id: known.id },
      set: { state: ["resolved", "open"], resolved_at: [known.resolvedAt, null] },
    };
  }
  return {
    table: "exceptions",
    where: { id: repairId.replace("rep_", "exc_") },
    insert: {
      kind,
      subject,
      state: "open",
      order_id: orderId,
      payment_id: paymentId,
      callback_id: callbackId,
      evidence: callbackId,
      amount,
      detail: JSON.stringify(detail),
      suggested_action: suggestedAction[kind],
      due_at: since,
    },
  };
}

function isKnown(known: unknown): known is { readonly id: string; readonly resolvedAt: string | null } {
  return typeof known === "object" && known !== null && "id" in known;
}
