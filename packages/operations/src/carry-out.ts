import {
  receipts,
  type ExceptionCase,
  type Order,
  type Payment,
  type Receipt,
  type Refund,
  type Tx,
} from "@zhanggui/db";
import { type CaseEffect, isAboutRefund } from "@zhanggui/domain";

import { planLeftOver } from "./ask-gateways.ts";
import type { CaseStanding } from "./case-facts.ts";
import type { ResolveException } from "./close-case.ts";
import type { Engine } from "./engine.ts";
import { refundCase } from "./refund-of-case.ts";
import { takeMoney } from "./take-money.ts";

/** The rows that a decision about a case holds. */
export type LockedCase = {
  readonly row: ExceptionCase;
  readonly order: Order | undefined;
  readonly attempts: readonly Payment[];
  readonly receipt: Receipt | undefined;
};

export type Carrying = {
  readonly effect: CaseEffect;
  readonly locked: LockedCase;
  readonly standing: CaseStanding;
  readonly request: ResolveException;
};

export type Done = {
  /** Started attempts that are pointless now: their gateways may still take money for them. */
  readonly leftOver?: readonly Payment[];
  /** For its gateway to be asked after the commit. */
  readonly refund?: Refund;
  readonly paymentId?: string;
  /** What else changed, for the audit. */
  readonly moved?: Readonly<Record<string, string>>;
};

/** Does what a decision would do, under the locks. The case itself is closed by the caller. */
export async function carryOut(tx: Tx, engine: Engine, carrying: Carrying): Promise<Done> {
  const { effect, locked, standing, request } = carrying;
  const { order, attempts, receipt, row } = locked;
  const { by, reason } = request;
  switch (effect) {
    case "pays_order":
    case "revives_order": {
      if (order === undefined || receipt === undefined) throw new Error(`case ${row.id} has no order or no money`);
      const taking = { actor: by.sub, reason, exceptionId: row.id, now: engine.outside.now() };
      const { payment, leftOver } = await takeMoney(tx, { order, attempts, receipt }, taking);
      await planLeftOver(tx, engine, leftOver);
      return { leftOver, paymentId: payment.id, moved: { order: "paid", payment: payment.id } };
    }
    case "refunds_rest": {
      const refund = await refundCase(tx, { row, standing, reason, actor: by.sub });
      return { refund, moved: { refund: refund.id, amount: refund.amount } };
    }
    case "writes_off_money":
      return writeOff(tx, receipt, standing);
    case "closes_case":
      return {};
    case "asks_gateway":
    case "pays_named_order":
      throw new Error(`${effect} is not carried out here`);
  }
}

/** Nothing may use the money again, unless it is an order's payment all the same. */
async function writeOff(tx: Tx, receipt: Receipt | undefined, { facts, atStake }: CaseStanding): Promise<Done> {
  const { kind, money } = facts;
  if (receipt === undefined || money?.isOrdersPayment === true || money?.hasLeft !== true) return {};
  // What a refund still holds is not left over: only its gateway knows whether it is back.
  if (isAboutRefund(kind) && !money.isWhole) return {};
  await receipts.writeOff(tx, receipt);
  return { moved: { writtenOff: atStake ?? "0.00" } };
}
