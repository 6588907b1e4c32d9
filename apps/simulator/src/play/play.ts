import { randomUUID } from "node:crypto";

import type { Book } from "../book/book.ts";
import type { Attempt, Notice, Payment } from "../book/records.ts";
import { withBuyer } from "../desk/buyer.ts";
import { composeNotice } from "../notices/compose.ts";
import type { Courier } from "../notices/courier.ts";
import type { Played as PlayedProviders } from "../vendors/play-accounts.ts";
import { type Instruction, another } from "./instruction.ts";
import { type PlayRefusal, rulePlay } from "./rule-play.ts";

export type PlayDeps = {
  readonly book: Book;
  readonly courier: Courier;
  readonly played: PlayedProviders;
  readonly now: () => Date;
};

export type FirstDelivery = { readonly notice: Notice; readonly attempt: Attempt | undefined };

type Refused = { readonly kind: "refused"; readonly why: PlayRefusal };

export type Played =
  | Refused
  /** `deliveries` comes when each notice was delivered once; redelivery goes on behind it. */
  | { readonly kind: "played"; readonly payment: Payment; readonly deliveries: Promise<readonly FirstDelivery[]> };

/** What there is to tell, in order; each batch goes out at the same moment. */
export type Tellings = readonly (readonly Notice[])[];

export type Prepared = Refused | { readonly kind: "prepared"; readonly payment: Payment; readonly tellings: Tellings };

/** Carries an instruction out: the payment and all that tells of it are written first, then it is told. */
export function play(deps: PlayDeps, payment: Payment, instruction: Instruction): Played {
  const prepared = prepare(deps, payment, instruction);
  if (prepared.kind === "refused") return prepared;
  return { kind: "played", payment: prepared.payment, deliveries: tell(deps, prepared.tellings) };
}

/** Changes the payment, and answers what there is to tell of that, now, later or never. */
export function prepare(deps: PlayDeps, payment: Payment, instruction: Instruction): Prepared {
  const now = deps.now();
  const named = nameTransaction(deps, payment, instruction);
  const ruling = rulePlay(payment, named, now);
  if (ruling.kind === "refuse") return { kind: "refused", why: ruling.why };
  const after = ruling.payment === payment ? payment : withBuyer(ruling.payment, now);
  if (after !== payment) deps.book.put(after);

  const { notifyUrl } = payment;
  if (notifyUrl === undefined) return { kind: "prepared", payment: after, tellings: [] };
  const roles = rolesOf(instruction);
  const key = keyOf(instruction);
  const told = ruling.tell.filter((facts) => isFault(instruction) || deps.courier.tells(payment.provider, facts));
  const tellings = told.map((facts) => {
    const eventId = randomUUID();
    const events = deps.courier.eventsOf(payment.provider, { outTradeNo: payment.outTradeNo, facts });
    return events.flatMap((event) =>
      roles.map((role) => composeNotice(payment, notifyUrl, { facts, event, eventId, role, key, at: now })),
    );
  });
  return { kind: "prepared", payment: after, tellings };
}

/** Writes the notices down, then delivers them; the next telling waits until the one before was delivered. */
export async function tell(
  { book, courier }: Pick<PlayDeps, "book" | "courier">,
  tellings: Tellings,
): Promise<readonly FirstDelivery[]> {
  for (const notice of tellings.flat()) book.put(notice);
  const deliveries: FirstDelivery[] = [];
  for (const telling of tellings) {
    const attempts = telling.map(async (notice) => ({ notice, attempt: await courier.send(notice) }));
    deliveries.push(...(await Promise.all(attempts)));
  }
  return deliveries;
}

/** Another transaction gets a number of the gateway's own. */
function nameTransaction({ played, now }: PlayDeps, { provider }: Payment, instruction: Instruction) {
  if (instruction.transactionId !== another) return { ...instruction, again: false };
  const transactionId = played.get(provider)?.numbers.transactionId(now());
  return { ...instruction, transactionId, again: true };
}

/** What a gateway would not say is said all the same where that is what was asked for. */
function isFault({ forge, status }: Instruction): boolean {
  return forge || status !== undefined;
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
