import type { Decimal } from "decimal.js";

import type { OrderState } from "./order-states.ts";
import type { ExceptionAction, ExceptionKind } from "./states.ts";

/** What decides which actions close a case now. Read anew under the locks when one is taken. */
export type CaseFacts = {
  readonly kind: ExceptionKind;
  /** The order that the case is about, or that a person names for it. */
  readonly order: OrderState | undefined;
  /** Whether that order was paid once: its money went back, and it is over. */
  readonly wasPaid: boolean;
  readonly money: CaseMoney | undefined;
  /** Whether all of a cancelled order's pieces could be reserved again. */
  readonly hasStock: boolean;
  /** Whether the gateway can be asked again about what the case is about. */
  readonly canAsk: boolean;
};

/** One transaction in the book, and what of it is not yet decided. */
export type CaseMoney = {
  /** Whether it makes an order paid already: nothing of it is the case's to move. */
  readonly isOrdersPayment: boolean;
  /** Whether its attempt could still become its order's payment by it. */
  readonly fitsPayment: boolean;
  /** Whether nothing of it was refunded, is on its way back, or was written off. */
  readonly isWhole: boolean;
  /** Whether something of it is neither back, nor on its way back, nor written off. */
  readonly hasLeft: boolean;
  /** Whether its gateway takes refunds from us, and no refund that the case is about holds the money or has done it. */
  readonly canGoBack: boolean;
};

/** What an action would do, as a word for programs and a key for translations. */
export const caseEffects = [
  /** The money becomes its pending order's payment. */
  "pays_order",
  /** The order's pieces are reserved again and sold, and the money pays it. */
  "revives_order",
  /** A person names the order that the money is for. */
  "pays_named_order",
  /** All that is left of the money goes back the way it came. */
  "refunds_rest",
  /** The gateway is asked again, and its answer written. */
  "asks_gateway",
  /** A person says that the money is settled elsewhere. */
  "writes_off_money",
  /** Nothing moves; the case is closed. */
  "closes_case",
] as const;
export type CaseEffect = (typeof caseEffects)[number];

export type CaseRuling =
  | { readonly kind: "allowed"; readonly effect: CaseEffect }
  | { readonly kind: "out_of_stock" }
  | { readonly kind: "not_allowed" };

const notAllowed: CaseRuling = { kind: "not_allowed" };

/** Decides whether an action closes a case as its rows stand, and what it would do. Reads nothing, writes nothing. */
export function ruleCase(facts: CaseFacts, action: ExceptionAction): CaseRuling {
  switch (action) {
    case "apply":
      return ruleApply(facts);
    case "revive":
      return facts.kind === "late_payment" && facts.order === "cancelled" ? ruleOrder(facts) : notAllowed;
    case "refund":
      return isUndecided(facts) && facts.money?.hasLeft === true && facts.money.canGoBack
        ? { kind: "allowed", effect: "refunds_rest" }
        : notAllowed;
    case "write_off":
      return { kind: "allowed", effect: isUndecided(facts) ? "writes_off_money" : "closes_case" };
  }
}

/** Whether the case still holds money. What is not in the book, or not surely back, counts as if it did. */
function isUndecided({ kind, money }: CaseFacts): boolean {
  if (!isAboutMoney(kind)) return false;
  return money === undefined || isAboutRefund(kind) || (money.hasLeft && !money.isOrdersPayment);
}

/** Kinds whose money was on its way back to the buyer. */
export function isAboutRefund(kind: ExceptionKind): boolean {
  return kind === "refund_unknown" || kind === "refund_failed";
}

function ruleApply(facts: CaseFacts): CaseRuling {
  switch (facts.kind) {
    case "amount_mismatch":
      return ruleOrder(facts);
    case "unmatched_payment":
      if (facts.order !== undefined) return ruleOrder(facts);
      return isFree(facts.money) ? { kind: "allowed", effect: "pays_named_order" } : notAllowed;
    case "unknown_status":
    case "gateway_unreachable":
    case "refund_unknown":
    case "refund_failed":
      return facts.canAsk ? { kind: "allowed", effect: "asks_gateway" } : notAllowed;
    case "late_payment":
    case "surplus_payment":
    case "invariant_broken":
      return notAllowed;
  }
}

/** Whether the order takes the money: it waits for it, or can be taken up again. */
function ruleOrder({ order, wasPaid, money, hasStock }: CaseFacts): CaseRuling {
  if (!isFree(money)) return notAllowed;
  if (order === "pending") return { kind: "allowed", effect: "pays_order" };
  if (order !== "cancelled" || wasPaid) return notAllowed;
  return hasStock ? { kind: "allowed", effect: "revives_order" } : { kind: "out_of_stock" };
}

function isFree(money: CaseMoney | undefined): boolean {
  return money !== undefined && money.isWhole && money.fitsPayment && !money.isOrdersPayment;
}

/** Kinds whose amount is money that somebody has, not money that may come. */
const moneyKinds: ReadonlySet<ExceptionKind> = new Set([
  "late_payment",
  "surplus_payment",
  "amount_mismatch",
  "unmatched_payment",
  "refund_unknown",
  "refund_failed",
]);

function isAboutMoney(kind: ExceptionKind): boolean {
  return moneyKinds.has(kind);
}

/** Whether an effect decides where money goes, so that much of it asks for a second person. */
export function movesMoney(effect: CaseEffect): boolean {
  return effect !== "asks_gateway" && effect !== "closes_case";
}

/** Whether so much money needs a second person; a limit of zero means always. */
export function needsSecondPerson(amount: Decimal, limit: Decimal): boolean {
  return limit.isZero() || amount.greaterThan(limit);
}

/** What a person should most likely do: the first of these that is possible now. */
const preferences: Readonly<Record<ExceptionKind, readonly ExceptionAction[]>> = {
  late_payment: ["revive", "refund"],
  surplus_payment: ["refund"],
  amount_mismatch: ["refund", "apply"],
  unmatched_payment: ["refund"],
  refund_unknown: ["apply"],
  refund_failed: ["refund", "apply"],
  unknown_status: ["apply"],
  gateway_unreachable: ["apply"],
  invariant_broken: [],
};

/** The action to suggest for an open case: one that would be taken now. Writing it off is the last resort. */
export function suggestAction(facts: CaseFacts): ExceptionAction {
  return preferences[facts.kind].find((action) => ruleCase(facts, action).kind === "allowed") ?? "write_off";
}
