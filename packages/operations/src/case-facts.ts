import { type ExceptionCase, exceptions, type Db } from "@zhanggui/db";
import { type CaseFacts, type CaseMoney, Decimal, type RefundState, isAboutRefund, isUnderWay } from "@zhanggui/domain";

import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";

/** A case as its rows stand now: what decides about it, and what it is about. */
export type CaseStanding = {
  readonly facts: CaseFacts;
  readonly standing: exceptions.Standing;
  /** Yuan that a decision would be about; unset where no money is at stake. */
  readonly atStake: string | undefined;
};

type Reader = Pick<Engine, "providers"> & { readonly db: Db };

/** Reads what decides about some cases, all at once. `orderId` stands in for the order of a case that has none. */
export async function standingsOf(
  reader: Reader,
  cases: readonly ExceptionCase[],
  orderId?: string,
): Promise<Map<string, CaseStanding>> {
  const rows = await exceptions.standings(
    reader.db,
    cases.map(({ id }) => id),
    orderId,
  );
  return new Map(
    cases.map((one) => {
      const standing = rows.get(one.id);
      if (standing === undefined) throw new Error(`case ${one.id} is gone`);
      return [one.id, standingOf(reader, one, standing)];
    }),
  );
}

/** @see standingsOf */
export async function readStanding(reader: Reader, one: ExceptionCase, orderId?: string): Promise<CaseStanding> {
  const standing = (await standingsOf(reader, [one], orderId)).get(one.id);
  if (standing === undefined) throw new Error(`case ${one.id} is gone`);
  return standing;
}

function standingOf(reader: Reader, one: ExceptionCase, standing: exceptions.Standing): CaseStanding {
  const facts: CaseFacts = {
    kind: one.kind,
    order: standing.order_status ?? undefined,
    wasPaid: standing.was_paid,
    money: moneyOf(reader, one, standing),
    hasStock: standing.has_stock,
    canAsk: canAsk(reader, one, standing),
  };
  return { facts, standing, atStake: atStake(one, standing) };
}

function moneyOf(reader: Reader, { kind }: ExceptionCase, standing: exceptions.Standing): CaseMoney | undefined {
  const { provider, transaction_id, amount, rest, currency, order_currency } = standing;
  if (provider === null || amount === null || rest === null) return undefined;
  const { booked_payment_id, booked_status, booked_transaction_id, booked_effective } = standing;
  const isItsOwn = booked_transaction_id === transaction_id;
  return {
    isOrdersPayment: booked_effective === true && isItsOwn,
    fitsPayment:
      (booked_payment_id === null || booked_status !== "succeeded" || isItsOwn) &&
      (order_currency === null || order_currency === currency),
    isWhole: new Decimal(rest).equals(amount),
    hasLeft: new Decimal(rest).greaterThan(0),
    canGoBack: isCallable(reader, provider) && (!isAboutRefund(kind) || isToBeSentAgain(standing.refund_status)),
  };
}

/** What a refund still holds, or has given back already, is not sent a second time. */
function isToBeSentAgain(status: RefundState | null): boolean {
  return status === null || status === "failed";
}

function canAsk(reader: Reader, { kind }: ExceptionCase, standing: exceptions.Standing): boolean {
  switch (kind) {
    case "unknown_status":
      return standing.payment_provider !== null && isCallable(reader, standing.payment_provider);
    case "gateway_unreachable":
      return standing.started_providers.some((provider) => isCallable(reader, provider));
    case "refund_unknown":
    case "refund_failed":
      return standing.provider !== null && isAskable(standing.refund_status) && isCallable(reader, standing.provider);
    default:
      return false;
  }
}

/** Whether the gateway's last word on a refund is still to come. */
function isAskable(status: RefundState | null): boolean {
  return status !== null && (isUnderWay(status) || status === "abnormal");
}

/** What is left of the money, or what a refund was over: that much may never have come back to the buyer. */
function atStake({ kind, amount }: ExceptionCase, { rest }: exceptions.Standing): string | undefined {
  return (isAboutRefund(kind) ? undefined : rest) ?? amount ?? undefined;
}
