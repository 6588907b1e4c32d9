import { type Receipt, type Refund, type Tx, audit, callbacks, orders, receipts, refunds } from "@zhanggui/db";
import { type Decimal, type Notice, formatAmount, fromMinor, refundStatusOf } from "@zhanggui/domain";
import { gatewayOf } from "@zhanggui/gateways";

import { type AppliedRefund, applyRefund } from "./apply-refund.ts";
import { endOrder } from "./end-order.ts";
import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";
import { openRefundCase } from "./refund-case.ts";
import { lockRefund } from "./refund-rows.ts";
import { isEffective, leftOf } from "./request-refund.ts";

export type RefundNotice = {
  readonly row: callbacks.StatedCallback;
  readonly notice: Notice;
  /** The payment that the notice names, if it is one of ours. */
  readonly payment: { readonly id: string; readonly orderId: string } | undefined;
};

export type SettledRefundNotice = AppliedRefund & {
  /** A refund of ours that its gateway should now be asked about. */
  readonly toAsk?: Pick<Refund, "id"> | undefined;
};

/**
 * Settles a notice of a refund. Ours is found by our own number, which was committed before the gateway heard it: so also
 * when its notice overtakes the answer to our call. A refund that was made in the gateway's own console is booked when it
 * has succeeded, and a person is told.
 */
export async function settleRefundNotice(tx: Tx, engine: Engine, told: RefundNotice): Promise<SettledRefundNotice> {
  const heard = { ...told, notice: believable(engine, told.row.provider, told.notice) };
  const { row, notice, payment } = heard;
  const { outRefundNo } = notice;
  const found =
    outRefundNo === undefined
      ? undefined
      : await refunds.findByOutRefundNo(tx, { provider: row.provider, outRefundNo });
  const settled =
    found === undefined ? await settleForeign(tx, engine, heard) : await settleOurs(tx, engine, { ...heard, found });

  await callbacks.settle(tx, row.id, {
    state: settled.state,
    outcome: settled.outcome,
    orderId: found?.order_id ?? payment?.orderId,
    paymentId: found?.payment_id ?? payment?.id,
  });
  return settled;
}

/** A gateway whose refund notices nobody signs (WeChat Pay v2) is only heard to say that something has moved. */
export function believable({ providers }: Pick<Engine, "providers">, provider: string, notice: Notice): Notice {
  const account = providers.get(provider);
  const isHint = account !== undefined && gatewayOf(account).hintsOfRefunds === true && notice.status !== "unknown";
  return isHint ? { ...notice, status: "refund_processing" } : notice;
}

/**
 * Alipay states the running total of all refunds of a trade (`refund_fee`), also where it names the last one; and so does
 * whoever names none (Stripe's `charge.refunded`). Everybody else states the refund's own amount.
 */
export function isRunningTotal({ providers }: Pick<Engine, "providers">, provider: string, notice: Notice): boolean {
  return notice.outRefundNo === undefined || providers.get(provider)?.kind === "alipay";
}

async function settleOurs(
  tx: Tx,
  engine: Engine,
  { row, notice, found }: RefundNotice & { readonly found: Refund },
): Promise<SettledRefundNotice> {
  const rows = await lockRefund(tx, found.id);
  const applied = await applyRefund(tx, rows, {
    words: {
      status: refundStatusOf(notice),
      amount: notice.refundMinor === undefined ? undefined : fromMinor(notice.refundMinor),
      isRunningTotal: isRunningTotal(engine, row.provider, notice),
      currency: notice.currency,
    },
    says: notice.rawStatus,
    succeededAt: notice.occurredAt,
    source: { kind: "callback", id: row.id },
  });
  if (notice.status !== "refund_processing") return applied;
  await refunds.askNow(tx, found.id);
  return { ...applied, toAsk: found };
}

/** A refund that we did not ask for. Only a success moves money; of the rest a person is told. */
async function settleForeign(tx: Tx, engine: Engine, heard: RefundNotice): Promise<SettledRefundNotice> {
  const receipt = await lockReceiptOf(tx, heard);
  if (receipt === undefined || heard.notice.status !== "refund_succeeded") return parkForeign(tx, heard, receipt);

  const amount = amountOf(engine, heard, receipt);
  if (amount.lessThanOrEqualTo(0)) return explainTotal(tx, receipt, amount);
  if (heard.notice.currency !== receipt.currency || amount.greaterThan(leftOf(receipt))) {
    return parkForeign(tx, heard, receipt);
  }
  return bookForeign(tx, { ...heard, receipt, amount: formatAmount(amount) });
}

/** What this notice adds to what we know of. */
function amountOf(engine: Engine, { row, notice }: RefundNotice, receipt: Receipt): Decimal {
  const stated = fromMinor(notice.refundMinor ?? 0);
  return isRunningTotal(engine, row.provider, notice)
    ? stated.minus(receipt.refunded).minus(receipt.refund_reserved)
    : stated;
}

/** A running total that holds nothing but refunds of ours: those that are still under way have probably just ended. */
async function explainTotal(tx: Tx, receipt: Receipt, excess: Decimal): Promise<SettledRefundNotice> {
  const isAllKnown = excess.plus(receipt.refund_reserved).lessThanOrEqualTo(0);
  if (isAllKnown) return { state: "ignored", outcome: "repeat" };
  const key = { provider: receipt.provider, transactionId: receipt.transaction_id };
  const first = (await refunds.ofReceipt(tx, key)).find(({ next_ask_at }) => next_ask_at !== null);
  if (first !== undefined) await refunds.askNow(tx, first.id);
  return { state: "ignored", outcome: "refund_under_way", toAsk: first };
}

async function bookForeign(
  tx: Tx,
  { row, notice, receipt, amount }: RefundNotice & { readonly receipt: Receipt; readonly amount: string },
): Promise<SettledRefundNotice> {
  const key = { provider: receipt.provider, transactionId: receipt.transaction_id };
  const after = await receipts.moveRefund(tx, key, { movement: "give_back_unreserved", amount });
  if (after === undefined) throw new Error("a locked receipt changed");
  const order = receipt.order_id === null ? undefined : await orders.lock(tx, receipt.order_id);
  const isEnd = order !== undefined && leftOf(after).isZero() && (await isEffective(tx, receipt));
  const refund = await refunds.insert(tx, {
    ...key,
    id: newId("ref"),
    orderId: receipt.order_id,
    paymentId: receipt.payment_id,
    amount,
    currency: receipt.currency,
    outRefundNo: notice.outRefundNo ?? row.event_key,
    reason: "made at the gateway",
    endsOrderAs: isEnd ? "refunded" : null,
    restock: false,
    exceptionId: null,
    origin: "gateway",
    succeededAt: notice.occurredAt,
  });
  const actor = `gateway:${row.provider}`;
  await audit.write(tx, [
    {
      actor,
      action: "refund.book",
      entity: "refund",
      entityId: refund.id,
      orderId: receipt.order_id ?? undefined,
      after: { status: refund.status, amount, transactionId: key.transactionId, says: notice.rawStatus },
      evidence: row.id,
    },
  ]);
  await endOrder(tx, { order, receipt: after, actor, evidence: row.id });
  await openForeignCase(tx, { row, notice, payment: paymentOf(receipt) }, amount);
  return { state: "processed", outcome: "refund_unknown" };
}

async function parkForeign(tx: Tx, heard: RefundNotice, receipt: Receipt | undefined): Promise<SettledRefundNotice> {
  const { notice, payment } = heard;
  const about = { ...heard, payment: payment ?? (receipt && paymentOf(receipt)) };
  await openForeignCase(tx, about, formatAmount(fromMinor(notice.refundMinor ?? 0)));
  return { state: "parked", outcome: "refund_unknown" };
}

async function openForeignCase(tx: Tx, { row, notice, payment }: RefundNotice, amount: string): Promise<void> {
  const { outTradeNo, outRefundNo, rawStatus } = notice;
  await openRefundCase(tx, {
    kind: "refund_unknown",
    provider: row.provider,
    number: outRefundNo ?? row.event_key,
    orderId: payment?.orderId,
    paymentId: payment?.id,
    callbackId: row.id,
    amount,
    detail: { outTradeNo, ...(outRefundNo === undefined ? {} : { outRefundNo }), says: rawStatus },
    actor: `gateway:${row.provider}`,
  });
}

function paymentOf({ order_id, payment_id }: Receipt): RefundNotice["payment"] {
  return order_id === null || payment_id === null ? undefined : { id: payment_id, orderId: order_id };
}

/** The receipt that a notice speaks of, locked after its order; `undefined` when that is not certain. */
async function lockReceiptOf(tx: Tx, { row, notice, payment }: RefundNotice): Promise<Receipt | undefined> {
  const { provider } = row;
  // Whoever books its money holds this lock: either the money is seen here, or this notice there.
  if (payment !== undefined) await orders.lock(tx, payment.orderId);
  const { transactionId, outTradeNo } = notice;
  const under = transactionId === undefined ? await receipts.ofOutTradeNo(tx, { provider, outTradeNo }) : [];
  const named =
    transactionId === undefined ? under.at(under.length - 1) : await receipts.read(tx, { provider, transactionId });
  if (named === undefined || under.length > 1 || named.out_trade_no !== outTradeNo) return undefined;
  if (named.order_id !== null) await orders.lock(tx, named.order_id);
  const locked = await receipts.lock(tx, { provider, transactionId: named.transaction_id });
  return locked?.order_id === named.order_id ? locked : undefined;
}
