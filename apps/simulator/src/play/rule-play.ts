import { type Payment, type PaymentFacts, type PaymentWord, maximumPaidAgain } from "../book/records.ts";
import { amountOf, statusOf } from "../book/standing.ts";
import type { Instruction } from "./instruction.ts";

export type PlayRefusal = "already_paid" | "closed" | "expired";

export type PlayRuling =
  | { readonly kind: "refuse"; readonly why: PlayRefusal }
  /** The payment as it is from now on, and what to tell, in order. */
  | { readonly kind: "play"; readonly payment: Payment; readonly tell: readonly PaymentFacts[] };

/** `again`: the transaction is another one, and may pay what is paid already. */
type NamedInstruction = Instruction & { readonly again: boolean };

/** Decides what an instruction does to a payment. Reads nothing, writes nothing. */
export function rulePlay(payment: Payment, instruction: NamedInstruction, now: Date): PlayRuling {
  if (instruction.do === "notify") return { kind: "play", payment, tell: tellings(payment, instruction, now) };
  const claimed = carryOut(payment, instruction, now);
  if (instruction.forge) return { kind: "play", payment, tell: tellings(claimed, instruction, now) };

  const why = refusalOf(payment, instruction, now);
  return why === undefined
    ? { kind: "play", payment: claimed, tell: tellings(claimed, instruction, now) }
    : { kind: "refuse", why };
}

function refusalOf(payment: Payment, { do: verb, late, again }: NamedInstruction, now: Date): PlayRefusal | undefined {
  const status = statusOf(payment, now);
  if (status === "SUCCESS") return again && verb === "pay" && hasRoom(payment) ? undefined : "already_paid";
  if (verb === "close") return status === "CLOSED" ? "closed" : undefined;
  if (late) return undefined;
  if (status === "CLOSED") return "closed";
  return status === "EXPIRED" ? "expired" : undefined;
}

function hasRoom({ paidAgain = [] }: Payment): boolean {
  return paidAgain.length < maximumPaidAgain;
}

function carryOut(payment: Payment, instruction: NamedInstruction, now: Date): Payment {
  const { amount = payment.amount, transactionId = payment.transactionId } = instruction;
  const paid = { status: "SUCCESS", paid: amount, paidAt: now.toISOString() } as const;
  switch (instruction.do) {
    case "pay":
      if (payment.standing.status === "SUCCESS") {
        const { paid: charged, paidAt } = paid;
        return { ...payment, paidAgain: [...(payment.paidAgain ?? []), { transactionId, paid: charged, paidAt }] };
      }
      return { ...payment, transactionId, standing: paid };
    case "fail":
      return { ...payment, transactionId, standing: { status: "PAYERROR" } };
    case "close":
      return { ...payment, standing: { status: "CLOSED" } };
    case "notify":
      return payment;
  }
}

/** What happens before a payment succeeds or fails, where somebody asks to be told of that too. */
const underway: PaymentWord = "USERPAYING";

function tellings(payment: Payment, instruction: NamedInstruction, now: Date): readonly PaymentFacts[] {
  const { again } = instruction;
  const facts: PaymentFacts = {
    about: "payment",
    transactionId: instruction.transactionId ?? payment.transactionId,
    amount: instruction.amount ?? (again ? payment.amount : amountOf(payment)),
    currency: payment.currency,
    status: instruction.status ?? statusOf(payment, now),
    happenedAt: payment.standing.status === "SUCCESS" && !again ? payment.standing.paidAt : now.toISOString(),
  };
  const earlier = { ...facts, status: underway };
  if (instruction.order === undefined) return [facts];
  return instruction.order === "normal" ? [earlier, facts] : [facts, earlier];
}
