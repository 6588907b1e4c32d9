import { type Receipt, type Refund, type Tx, audit, receipts, refunds, transact } from "@zhanggui/db";
import { Decimal, Fault, type RefundNoticeStatus, isUnderWay, secondsBetweenAsks } from "@zhanggui/domain";
import { type Account, type RefundAnswer, type RefundCall, gatewayOf } from "@zhanggui/gateways";

import { type RefundEvidence, applyRefund, openUnknownCase } from "./apply-refund.ts";
import type { Engine } from "./engine.ts";
import { lockRefund } from "./refund-rows.ts";

/** A refund whose outcome is not known for so long becomes a person's case; its gateway is asked all the same. */
const unknownLimitSeconds = 3_600;

/**
 * Asks a refund's gateway, outside of any transaction and for ever under the same number, and writes what it says. One
 * that was asked before is queried first, and sent again unless it was found: repeating a number never refunds twice.
 * An outcome that was not heard keeps its reserve and is asked for again, hourly in the end.
 *
 * @returns the refund's state now, or `not_due` when it is not to be asked (yet).
 * @throws Fault `refund_not_found`.
 */
export async function sendRefund(engine: Engine, refundId: string): Promise<string> {
  const refund = await refunds.claimAsk(engine.db, refundId, secondsBetweenAsks);
  if (refund === undefined) {
    if ((await refunds.find(engine.db, refundId)) === undefined) throw new Fault("refund_not_found", { refundId });
    return "not_due";
  }
  return write(engine, refundId, await ask(engine, refund));
}

/**
 * Asks once more about a refund that is held for failed, before its money is sent again under another number: one that
 * succeeded after all is written so.
 *
 * @throws Fault `gateway_unavailable` when the gateway is not heard, or says that it is at it.
 */
export async function hearFailedRefund(engine: Engine, refundId: string): Promise<void> {
  const refund = await refunds.find(engine.db, refundId);
  const account = refund && engine.providers.get(refund.provider);
  if (refund?.status !== "failed" || account === undefined || !gatewayOf(account).calls.isCallable(account)) return;
  const standing = await query(engine, account, callOf(engine, refund, await receiptOf(engine, refund)));
  if (standing.kind === "unknown") throw new Fault("gateway_unavailable", { why: standing.why });
  if (standing.kind === "said" && standing.status === "refund_processing") {
    throw new Fault("gateway_unavailable", { why: "the gateway is still at the refund that was held for failed" });
  }
  if (standing.kind === "said") await write(engine, refundId, standing);
}

type Answer =
  | { readonly kind: "said"; readonly status: RefundNoticeStatus; readonly refundId?: string }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

async function ask(engine: Engine, refund: Refund): Promise<Answer> {
  const account = engine.providers.get(refund.provider);
  if (account === undefined || !gatewayOf(account).calls.isCallable(account)) {
    return { kind: "unknown", why: "this gateway is not called" };
  }
  const call = callOf(engine, refund, await receiptOf(engine, refund));
  if (refund.asks === 1) return answerOf(await gatewayOf(account).calls.refund(account, call, engine.outside));

  const standing = await query(engine, account, call);
  // A broken refund is not sent again: a person has to give the gateway another account of the buyer.
  if (standing.kind === "said" || !isUnderWay(refund.status)) return known(standing);
  const answer = await gatewayOf(account).calls.refund(account, call, engine.outside);
  if (answer.kind !== "refused") return answerOf(answer);

  // Perhaps it was refused because an earlier call, whose answer was lost, has done it: only a query tells.
  const again = await query(engine, account, call);
  return again.kind === "not_found" ? answer : again;
}

async function receiptOf({ db }: Engine, { id, provider, transaction_id }: Refund): Promise<Receipt> {
  const receipt = await receipts.read(db, { provider, transactionId: transaction_id });
  if (receipt === undefined) throw new Error(`refund ${id} has no receipt`);
  return receipt;
}

type Standing = Extract<Answer, { kind: "said" | "unknown" }> | { readonly kind: "not_found" };

async function query(engine: Engine, account: Account, call: RefundCall): Promise<Standing> {
  const answer = await gatewayOf(account).calls.refundQuery(account, call, engine.outside);
  return answer.kind === "found" ? { ...answer, kind: "said" } : answer;
}

function known(standing: Standing): Answer {
  return standing.kind === "not_found" ? { kind: "unknown", why: "the gateway does not know it any more" } : standing;
}

function answerOf(answer: RefundAnswer): Answer {
  return answer.kind === "accepted" ? { ...answer, kind: "said" } : answer;
}

/** Told from what was stored, so that every call about it says the same. */
function callOf({ publicUrl }: Engine, refund: Refund, receipt: Receipt): RefundCall {
  return {
    outTradeNo: receipt.out_trade_no,
    transactionId: receipt.transaction_id,
    outRefundNo: refund.out_refund_no,
    requestedAt: refund.created_at,
    amount: new Decimal(receipt.amount),
    refundAmount: new Decimal(refund.amount),
    currency: refund.currency,
    reason: refund.reason,
    notifyUrl: `${publicUrl}/callbacks/${refund.provider}`,
  };
}

/** Writes an answer under the locks. What a notice has said meanwhile outranks it, or agrees. */
async function write(engine: Engine, refundId: string, answer: Answer): Promise<string> {
  return transact(engine.db, async (tx) => {
    const rows = await lockRefund(tx, refundId);
    const { refund } = rows;
    if (answer.kind === "unknown") {
      if (!isUnderWay(refund.status)) return refund.status;
      const now = refund.status === "created" ? await lose(tx, refund, answer.why) : refund;
      await refunds.note(tx, refundId, answer.why);
      const isOverdue = (await refunds.ageInSeconds(tx, refundId)) >= unknownLimitSeconds;
      if (now.status === "unknown" && isOverdue) await openUnknownCase(tx, refund, answer.why);
      return now.status;
    }
    await applyRefund(tx, rows, evidenceOf(answer));
    await refunds.stopAsking(tx, refundId);
    return (await refunds.find(tx, refundId))?.status ?? refund.status;
  });
}

/** A call was made, and what it did was not heard. */
async function lose(tx: Tx, refund: Refund, why: string): Promise<Refund> {
  const lost = await refunds.move(tx, refund, { to: "unknown" });
  await audit.write(tx, [
    {
      actor: "system:refunds",
      action: "refund.unknown",
      entity: "refund",
      entityId: refund.id,
      orderId: refund.order_id ?? undefined,
      before: { status: refund.status },
      after: { status: lost.status, says: why },
    },
  ]);
  return lost;
}

function evidenceOf(answer: Exclude<Answer, { kind: "unknown" }>): RefundEvidence {
  const source = { kind: "call" } as const;
  return answer.kind === "refused"
    ? { words: { status: "refund_failed" }, says: answer.why, source }
    : { words: { status: answer.status }, says: answer.status, refundId: answer.refundId, source };
}
