import { type ExceptionCase, exceptions } from "@zhanggui/db";
import type { LatePaymentPolicies, MoneyException } from "@zhanggui/domain";

import { type CaseStanding, standingsOf } from "./case-facts.ts";
import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import { lateMoneyOf } from "./late-money.ts";

export type PolicyDryRun = {
  readonly policies: LatePaymentPolicies;
  /** Cases opened in so many days. */
  readonly days: number;
  /** At most so many, newest first. */
  readonly limit: number;
};

/** What a policy would do with the money of a past case, and what was done. */
export type WouldBe = {
  readonly exceptionId: string;
  readonly kind: MoneyException;
  readonly provider: string;
  /** Yuan text. */
  readonly amount: string;
  /** `open`, or how a person closed it; `by itself` where nobody had to. */
  readonly was: string;
  readonly wouldBe: "revive" | "refund" | "hold";
  readonly why: string;
};

const moneyKinds: readonly MoneyException[] = ["late_payment", "surplus_payment", "amount_mismatch"];

/**
 * Goes over past cases of money that orders could not take, and says what these policies would have done with each:
 * the rule of `applyNotice`, with the stock as it is now. Changes nothing.
 */
export async function dryRunPolicies(engine: Engine, { policies, days, limit }: PolicyDryRun): Promise<WouldBe[]> {
  const cases = await exceptions.ofKindsSince(engine.db, { kinds: moneyKinds, days, limit });
  const standings = await standingsOf(engine, cases);
  const trial = { ...engine, latePaymentPolicies: policies };
  return cases.flatMap((one) => {
    const found = standings.get(one.id);
    const provider = found?.standing.provider ?? null;
    const kind = moneyKinds.find((known) => known === one.kind);
    if (found === undefined || provider === null || kind === undefined) return [];
    const decided = decide(trial, { kind, provider, found });
    const amount = found.standing.amount ?? one.amount ?? "0.00";
    return [{ exceptionId: one.id, kind, provider, amount, was: wasOf(one), ...decided }];
  });
}

type Decided = Pick<WouldBe, "wouldBe" | "why">;
type Money = { readonly kind: MoneyException; readonly provider: string; readonly found: CaseStanding };

function decide(engine: Engine, { kind, provider, found: { standing } }: Money): Decided {
  if (kind === "amount_mismatch") return { wouldBe: "hold", why: "another amount than the order's" };
  const isRaised = standing.booked_status === "succeeded" && standing.booked_transaction_id === standing.transaction_id;
  if (!isRaised) return { wouldBe: "hold", why: "its transaction is named beside another one of the same payment" };

  const { revives, refunds } = lateMoneyOf(engine, provider);
  if (kind === "late_payment" && revives && !standing.was_paid && standing.has_stock) {
    return { wouldBe: "revive", why: "every piece is there now" };
  }
  if (refunds) return { wouldBe: "refund", why: revives ? "it cannot be revived now" : "the policy says so" };
  return { wouldBe: "hold", why: isCallable(engine, provider) ? "the policy says so" : "its gateway is not called" };
}

function wasOf({ state, resolution }: ExceptionCase): string {
  return state === "open" ? "open" : (resolution ?? "by itself");
}
