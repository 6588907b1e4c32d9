import { type Payment, type Tx, orders, payments, transact } from "@zhanggui/db";
import type { Notice } from "@zhanggui/domain";

import { type Applied, applyNotice } from "./apply-notice.ts";
import { type Asking, askingOf, callClose, callQuery, isCallable } from "./call-gateway.ts";
import { type Engine, bestEffort } from "./engine.ts";
import { lateMoneyOf } from "./late-money.ts";
import { lockRows } from "./lock-rows.ts";
import { firstFollowUpInSeconds } from "./query-ladder.ts";
import { ringRefund } from "./request-refund.ts";

/** What a gateway says of one attempt that is to be ended, and the row that keeps its saying. */
export type Word =
  /** It takes no money for it any more; what it took before is written. */
  | { readonly kind: "closed"; readonly says: string; readonly evidence?: string | undefined }
  /** It has taken the money that the order waited for, and that is written. */
  | { readonly kind: "paid" }
  /** It knows nothing of an attempt that it never answered when it was started: the buyer was given no way to pay. */
  | { readonly kind: "unopened"; readonly why: string; readonly evidence?: string | undefined }
  /** A buyer is paying right now, or it could not be heard, or does not say that it is closed. */
  | { readonly kind: "open"; readonly why: string; readonly evidence?: string | undefined };

/** By payment, what the gateways of an order's started attempts say. */
export type Words = ReadonlyMap<string, Word>;

/** `paid` when one of the gateways has taken the money that the order waits for. */
export type Standing = { readonly kind: "paid" } | { readonly kind: "asked"; readonly words: Words };

/** Words for a buyer who is at it this moment; closing now would cut them off. */
const payingWords: ReadonlySet<string> = new Set(["userpaying", "accept"]);

/** A failed one that was opened there may have been paid at the next try, without a word. */
function isToBeAsked(engine: Engine, { status, provider, next_query_at }: Payment): boolean {
  return (status === "processing" || (status === "failed" && next_query_at !== null)) && isCallable(engine, provider);
}

/** Whether any gateway could still take money for these attempts, so that it must be asked before they are closed. */
export function areToBeAsked(engine: Engine, attempts: readonly Payment[]): boolean {
  return attempts.some((payment) => isToBeAsked(engine, payment));
}

/**
 * Asks each gateway of an order's started attempts: money it has taken is settled as evidence, what nobody pays is
 * closed there first. Calls out, so never inside a transaction.
 *
 * @param cutOff whether also a buyer who is paying is closed: they had their time.
 */
export async function closeAtGateways(engine: Engine, orderId: string, cutOff: boolean): Promise<Standing> {
  const attempts = await payments.ofOrder(engine.db, orderId);
  const words = new Map<string, Word>();
  for (const payment of attempts.filter((attempt) => isToBeAsked(engine, attempt))) {
    const asking = await askingOf(engine, payment);
    if (asking === undefined) continue;
    const word = await endAtGateway(engine, asking, cutOff);
    if (word.kind === "paid") return word;
    words.set(payment.id, word);
  }
  return { kind: "asked", words };
}

/**
 * The words on these locked attempts; one that was started while the others were asked has had none yet. A failed one
 * holds nothing up: it is asked about further, whatever it was heard to be.
 */
export function wordsOn(engine: Engine, attempts: readonly Payment[], heard: Words): Words {
  const unasked: Word = { kind: "open", why: "it was started while the others were being closed" };
  const toBeAsked = attempts.filter((payment) => payment.status === "processing" && isToBeAsked(engine, payment));
  return new Map(toBeAsked.map(({ id }) => [id, heard.get(id) ?? unasked]));
}

/** In the transaction that cancels attempts because another one paid: their gateways are asked until they have closed. */
export async function planLeftOver(tx: Tx, engine: Engine, leftOver: readonly Payment[]): Promise<void> {
  for (const { id, provider } of leftOver) {
    if (!isCallable(engine, provider)) continue;
    await payments.planFollowUp(tx, id, { inSeconds: firstFollowUpInSeconds, leftOpen: true });
  }
}

/**
 * Closes attempts at their gateways because another one paid their order. One that cannot be closed is asked about
 * again later; money that it takes all the same is surplus.
 */
export async function closeLeftOver(engine: Engine, attempts: readonly Payment[]): Promise<void> {
  for (const payment of attempts) {
    const asking = await askingOf(engine, payment);
    if (asking === undefined) continue;
    const word = await endAtGateway(engine, asking, true);
    if (word.kind === "closed") await payments.endFollowUp(engine.db, payment.id);
    if (word.kind === "open") {
      engine.log.warn({ paymentId: payment.id, why: word.why }, "an attempt stays open at its gateway");
    }
  }
}

/**
 * Has one attempt end at its gateway: queried first, and closed when nobody has paid it. Only what the gateway itself
 * says ends it; silence and "not found" decide nothing, because a code that was shown may still create the payment.
 */
export async function endAtGateway(engine: Engine, asking: Asking, cutOff: boolean): Promise<Word> {
  const first = await askHowItStands(engine, asking);
  if (first.kind === "paying" && !cutOff) return { kind: "open", why: "the buyer is paying", evidence: first.evidence };
  if (first.kind === "closed" || first.kind === "paid" || first.kind === "open") return first;

  const { answer, evidence } = await callClose(engine, asking);
  switch (answer.kind) {
    case "closed":
      return { kind: "closed", says: "closed", evidence };
    case "not_found":
      return first.kind === "not_found" && asking.payment.action === null
        ? { kind: "unopened", why: "the gateway knows of no such payment, and the buyer was given none", evidence }
        : { kind: "open", why: "the gateway knows of no such payment", evidence };
    case "unknown":
      return { kind: "open", why: answer.why, evidence };
    case "paid": {
      const second = await askHowItStands(engine, asking);
      return second.kind === "closed" || second.kind === "paid" || second.kind === "open"
        ? second
        : { kind: "open", why: "the gateway says paid on close and unpaid on query", evidence };
    }
  }
}

/** How an attempt stands at its gateway; nobody has paid it in the last three. */
export type AtGateway =
  | Extract<Word, { readonly kind: "closed" | "paid" | "open" }>
  | { readonly kind: "unpaid" | "paying"; readonly says: string; readonly evidence?: string | undefined }
  | { readonly kind: "not_found"; readonly evidence?: string | undefined };

/** Queries an attempt's gateway, and writes what it says as evidence. */
export async function askHowItStands(engine: Engine, asking: Asking): Promise<AtGateway> {
  const { answer, evidence } = await callQuery(engine, asking);
  if (answer.kind === "unknown") return { kind: "open", why: answer.why, evidence };
  if (answer.kind === "not_found") return { kind: "not_found", evidence };

  const { notice } = answer;
  const says = notice.rawStatus;
  if (notice.status === "processing") {
    return { kind: payingWords.has(says.toLowerCase()) ? "paying" : "unpaid", says, evidence };
  }
  if (await applyAnswer(engine, asking.payment, notice)) return { kind: "paid" };
  return notice.status === "unknown"
    ? { kind: "open", why: `the gateway's word ${says} is not documented`, evidence }
    : { kind: "closed", says, evidence };
}

/** Writes a gateway's answer as evidence. Answers whether the order is paid now. */
async function applyAnswer(engine: Engine, { id, order_id, provider }: Payment, notice: Notice): Promise<boolean> {
  const { applied, isPaid } = await transact(engine.db, async (tx) => {
    const rows = await lockRows(tx, { orderId: order_id, paymentId: id });
    const isNew = notice.status === "succeeded" && rows.payment.status !== "succeeded";
    if (isNew) await payments.noteFound(tx, rows.payment);
    const evidence = { provider, notice, source: { kind: "query" } } as const;
    const written: Applied = await applyNotice(tx, rows, evidence, lateMoneyOf(engine, provider));
    await planLeftOver(tx, engine, written.leftOver ?? []);
    return { applied: written, isPaid: (await orders.find(tx, order_id))?.status === "paid" };
  });
  if (applied.leftOver !== undefined) await closeLeftOver(engine, applied.leftOver);
  if (applied.refund !== undefined) await ringRefund(engine, applied.refund);
  if (applied.ended) await bestEffort(engine, "forget expiry", engine.wake.forgetExpiry(order_id));
  return isPaid;
}
