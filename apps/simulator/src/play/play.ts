import { randomUUID } from "node:crypto";

import type { Book } from "../book/book.ts";
import type { Attempt, Notice, Payment } from "../book/records.ts";
import { composeNotice } from "../notices/compose.ts";
import type { Courier } from "../notices/courier.ts";
import type { Instruction } from "./instruction.ts";
import { type PlayRefusal, rulePlay } from "./rule-play.ts";

export type PlayDeps = { readonly book: Book; readonly courier: Courier; readonly now: () => Date };

export type FirstDelivery = { readonly notice: Notice; readonly attempt: Attempt | undefined };

export type Played =
  | { readonly kind: "refused"; readonly why: PlayRefusal }
  /** `deliveries` comes when each notice was delivered once; redelivery goes on behind it. */
  | { readonly kind: "played"; readonly payment: Payment; readonly deliveries: Promise<readonly FirstDelivery[]> };

/** Carries an instruction out: the payment and all that tells of it are written first, then it is told. */
export function play(deps: PlayDeps, payment: Payment, instruction: Instruction): Played {
  const now = deps.now();
  const ruling = rulePlay(payment, instruction, now);
  if (ruling.kind === "refuse") return { kind: "refused", why: ruling.why };
  if (ruling.payment !== payment) deps.book.put(ruling.payment);

  const roles = rolesOf(instruction);
  const key = keyOf(instruction);
  const batches = ruling.tell.map((facts) => {
    const eventId = randomUUID();
    return roles.map((role) => composeNotice(payment, payment.notifyUrl, { facts, eventId, role, key, at: now }));
  });
  for (const notice of batches.flat()) deps.book.put(notice);
  return { kind: "played", payment: ruling.payment, deliveries: deliverInOrder(deps.courier, batches) };
}

/** One notice that is sent until acknowledged, and its copies. */
function rolesOf({ forge, duplicates }: Instruction): readonly Notice["role"][] {
  const copies = Array.from<unknown, Notice["role"]>({ length: duplicates }, () => (forge ? "forgery" : "duplicate"));
  return [forge ? "forgery" : "notice", ...copies];
}

function keyOf({ forge, otherKey }: Instruction): Notice["key"] {
  if (forge) return "foreign";
  return otherKey ? "other" : "current";
}

/** Duplicates go out together; the next telling waits until the one before was delivered. */
async function deliverInOrder(
  courier: Courier,
  batches: readonly (readonly Notice[])[],
): Promise<readonly FirstDelivery[]> {
  const deliveries: FirstDelivery[] = [];
  for (const batch of batches) {
    const attempts = batch.map(async (notice) => ({ notice, attempt: await courier.send(notice) }));
    deliveries.push(...(await Promise.all(attempts)));
  }
  return deliveries;
}
