import {
  audit,
  exceptions,
  orders,
  payments,
  products,
  receipts,
  type Order,
  type Payment,
  type Refund,
  type Tx,
} from "@zhanggui/db";
import {
  Decimal,
  type CallbackState,
  type ExceptionKind,
  type Notice,
  type PaymentState,
  type Ruling,
  formatAmount,
  fromMinor,
  isOpen,
  orderStates,
  rule,
  step,
} from "@zhanggui/domain";

import { rearmEarlyRefunds } from "./early-refunds.ts";
import { newId } from "./ids.ts";
import type { LateMoney } from "./late-money.ts";
import { requestRefund } from "./request-refund.ts";

/** Verified words of a gateway, and where they stand: a callback's id, or the query they answered. */
export type Evidence = {
  readonly provider: string;
  readonly notice: Notice;
  readonly source: { readonly kind: "callback"; readonly id: string } | { readonly kind: "query" };
};

export type Applied = {
  /** What became of the notice, as the inbox shows it. */
  readonly state: Exclude<CallbackState, "received" | "failed">;
  readonly outcome: string;
  /** Whether the order no longer waits for money, so that its timer can go. */
  readonly ended: boolean;
  /** Started attempts that this settlement made pointless: their gateways may still take money for them. */
  readonly leftOver?: readonly Payment[];
  /** The refund of money that no order takes, for its gateway to be asked after the commit. */
  readonly refund?: Refund;
};

/** The rows that the caller has locked: an order, the payment spoken of, and the order's other attempts. */
export type Rows = { readonly order: Order; readonly payment: Payment; readonly siblings: readonly Payment[] };

/**
 * What a notice means for these rows; `booked` is where its transaction stands in the book. One gateway transaction pays
 * once: named for a second payment, it is surplus. Money that is on its way back pays nothing, and neither does money that
 * was stated in another currency before: the answer to a query may leave its currency out.
 */
export function rulingOn(
  { order, payment }: Pick<Rows, "order" | "payment">,
  notice: Notice,
  booked: Pick<receipts.Booked, "paymentId" | "isGoingBack" | "currency"> | undefined,
): Ruling {
  if (notice.status === "succeeded" && (booked?.paymentId ?? payment.id) !== payment.id) {
    return { kind: "book", exception: "surplus_payment", raisesPayment: false };
  }
  const ruling = rule(order, factsOf(payment), notice);
  const usesMoney = ruling.kind === "settle" || (ruling.kind === "book" && ruling.raisesPayment);
  const isOther = booked !== undefined && (booked.isGoingBack || booked.currency !== notice.currency);
  return usesMoney && isOther ? { kind: "book", exception: "amount_mismatch", raisesPayment: false } : ruling;
}

/**
 * Whether late money takes its order up again: the policy says so, and every piece is still there. Locks the stock. An
 * order that was paid once, and cancelled with its refund, is over.
 */
export async function isRevived(tx: Tx, order: Order, ruling: Ruling, { revives }: LateMoney): Promise<boolean> {
  return (
    ruling.kind === "book" &&
    ruling.exception === "late_payment" &&
    revives &&
    order.paid_at === null &&
    (await products.canReserveAgain(tx, order.id))
  );
}

/**
 * Whether money that no order takes goes back by itself. Never what a person has to look at first: another amount than
 * the order's, or a transaction that its gateway names for two payments or beside another one of the same payment.
 */
export function isSentBack(ruling: Ruling, booked: receipts.Booked | undefined, late: LateMoney & Stated): boolean {
  return (
    late.refunds &&
    ruling.kind === "book" &&
    ruling.exception !== "amount_mismatch" &&
    ruling.raisesPayment &&
    (booked === undefined || booked.amount === late.stated)
  );
}

type Stated = {
  /** Yuan text, as this notice states it. */
  readonly stated: string;
};

/**
 * Writes what a notice means for a payment, in the transaction that holds the locks. Money is booked first, always;
 * whether the order can take it is decided second.
 */
export async function applyNotice(tx: Tx, rows: Rows, evidence: Evidence, late: LateMoney): Promise<Applied> {
  const booked = evidence.notice.status === "succeeded" ? await book(tx, rows, evidence) : undefined;
  const applied = await applyRuling(tx, rows, evidence, { ...late, booked });
  if (booked?.isNew === true) await rearmEarlyRefunds(tx, { ...evidence, evidence: evidenceId(evidence) });
  return applied;
}

type Deciding = LateMoney & { readonly booked: receipts.Booked | undefined };

async function applyRuling(tx: Tx, rows: Rows, evidence: Evidence, late: Deciding): Promise<Applied> {
  const { order } = rows;
  const { booked } = late;
  const ruling = rulingOn(rows, evidence.notice, booked);

  switch (ruling.kind) {
    case "settle":
      return settle(tx, rows, { evidence, booked, action: "order.pay" });
    case "book":
      if (await isRevived(tx, order, ruling, late)) return revive(tx, rows, evidence, booked);
      return isSentBack(ruling, booked, { ...late, stated: statedBy(evidence.notice) })
        ? sendBack(tx, rows, evidence, ruling)
        : hold(tx, rows, evidence, { ...ruling, booked });
    case "move":
      return walk(tx, rows, evidence, ruling.path);
    case "puzzle":
      await openException(tx, rows, evidence, "unknown_status");
      return { state: "parked", outcome: "unknown_status", ended: false };
    case "repeat":
    case "outranked":
      return { state: "ignored", outcome: ruling.kind, ended: order.status !== "pending" };
  }
}

function factsOf(payment: Payment) {
  return {
    status: payment.status,
    amount: new Decimal(payment.amount),
    currency: payment.currency,
    transactionId: payment.transaction_id ?? undefined,
  };
}

function book(tx: Tx, { order, payment }: Rows, { provider, notice, source }: Evidence) {
  return receipts.book(tx, {
    provider,
    transaction_id: transactionIdOf(notice),
    amount: statedBy(notice),
    currency: notice.currency,
    out_trade_no: notice.outTradeNo,
    order_id: order.id,
    payment_id: payment.id,
    callback_id: source.kind === "callback" ? source.id : null,
  });
}

function statedBy(notice: Notice): string {
  return formatAmount(fromMinor(notice.amountMinor));
}

/** No gateway's verifier lets a success without a transaction id pass. */
function transactionIdOf(notice: Notice): string {
  if (notice.transactionId === undefined) throw new Error("a success without a transaction id was let through");
  return notice.transactionId;
}

type Settling = {
  readonly evidence: Evidence;
  readonly booked: receipts.Booked | undefined;
  readonly action: "order.pay" | "order.revive";
};

/** The money the order waits for: payment succeeded, order paid, stock sold, the other attempts over. */
async function settle(tx: Tx, rows: Rows, { evidence, booked, action }: Settling): Promise<Applied> {
  const { order, payment, siblings } = rows;
  const { notice } = evidence;
  const paid = await payments.move(tx, payment, {
    to: "succeeded",
    transactionId: transactionIdOf(notice),
    succeededAt: notice.occurredAt,
    effective: true,
  });
  if (step(orderStates, order.status, action === "order.pay" ? "pay" : "revive") !== "paid") {
    throw new Error(`an order cannot go from ${order.status} to paid`);
  }
  await orders.move(tx, order, { to: "paid", paidAt: notice.occurredAt });
  await products.moveStock(tx, order.id, "sell");
  await audit.write(tx, [
    paymentEntry(order, payment, evidence, paid.status),
    {
      actor: actorOf(evidence),
      action,
      entity: "order",
      entityId: order.id,
      orderId: order.id,
      before: { status: order.status },
      after: { status: "paid" },
      evidence: evidenceId(evidence),
    },
    ...(await cancelOpen(tx, order, siblings)),
    ...(await correctBook(tx, rows, evidence, booked)),
  ]);
  return {
    state: "processed",
    outcome: action === "order.pay" ? "paid" : "revived",
    ended: true,
    leftOver: siblings.filter(({ status }) => status === "processing"),
  };
}

/** A paid order waits for no other attempt. One that is paid all the same is raised again, as surplus. */
export async function cancelOpen(tx: Tx, order: Order, siblings: readonly Payment[]): Promise<audit.NewAuditEntry[]> {
  const open = siblings.filter(({ status }) => isOpen(status));
  for (const sibling of open) await payments.move(tx, sibling, { to: "cancelled" });
  return open.map((sibling) => ({
    actor: "system:settlement",
    action: "payment.cancelled",
    entity: "payment",
    entityId: sibling.id,
    orderId: order.id,
    before: { status: sibling.status },
    after: { status: "cancelled" },
    reason: "another attempt paid the order",
  }));
}

/** A transaction first stated with another amount and now with the right one: the book and its case follow. */
async function correctBook(
  tx: Tx,
  { order }: Rows,
  evidence: Evidence,
  booked: receipts.Booked | undefined,
): Promise<audit.NewAuditEntry[]> {
  const { provider, notice, source } = evidence;
  const stated = formatAmount(fromMinor(notice.amountMinor));
  if (booked === undefined || booked.amount === stated) return [];
  await receipts.restate(tx, {
    provider,
    transaction_id: transactionIdOf(notice),
    amount: stated,
    callback_id: source.kind === "callback" ? source.id : null,
  });
  const closed = await exceptions.settleBySubject(tx, { kind: "amount_mismatch", subject: subjectOf(evidence) });
  const actor = actorOf(evidence);
  const shared = { actor, orderId: order.id, evidence: evidenceId(evidence) };
  return [
    {
      ...shared,
      action: "receipt.restate",
      entity: "receipt",
      entityId: `${provider}/${transactionIdOf(notice)}`,
      before: { amount: booked.amount },
      after: { amount: stated },
    },
    ...(closed === undefined
      ? []
      : [
          {
            ...shared,
            action: "exception.resolve",
            entity: "exception" as const,
            entityId: closed,
            before: { state: "open" },
            after: { state: "resolved" },
            reason: "the gateway stated the right amount",
          },
        ]),
  ];
}

/** Late money whose stock is still there: reserved again and sold, in this same transaction. */
async function revive(tx: Tx, rows: Rows, evidence: Evidence, booked: receipts.Booked | undefined): Promise<Applied> {
  await products.moveStock(tx, rows.order.id, "reserve_again");
  return settle(tx, rows, { evidence, booked, action: "order.revive" });
}

/** Money the order cannot take: kept in the book, and a person asked. */
async function hold(tx: Tx, rows: Rows, evidence: Evidence, ruling: Booking & Known): Promise<Applied> {
  if (ruling.raisesPayment) {
    await raise(tx, rows, evidence);
    await audit.write(tx, await correctBook(tx, rows, evidence, ruling.booked));
  }
  await openException(tx, rows, evidence, ruling.exception);
  return { state: "processed", outcome: ruling.exception, ended: rows.order.status !== "pending" };
}

/** Money the order cannot take: kept in the book, and reserved for its way back in this same transaction. */
async function sendBack(tx: Tx, rows: Rows, evidence: Evidence, ruling: Booking): Promise<Applied> {
  const { order } = rows;
  if (ruling.raisesPayment) await raise(tx, rows, evidence);
  const refund = await requestRefund(tx, {
    receipt: { provider: evidence.provider, transactionId: transactionIdOf(evidence.notice) },
    amount: "all that is left",
    reason: refundReasons[ruling.exception],
    actor: "system:late-money",
  });
  return { state: "processed", outcome: `${ruling.exception}_refund`, ended: order.status !== "pending", refund };
}

type Known = { readonly booked: receipts.Booked | undefined };
type Booking = Extract<Ruling, { kind: "book" }>;

/** What the buyer may read at the gateway. */
const refundReasons = {
  late_payment: "订单已关闭，支付款原路退回",
  surplus_payment: "重复支付，支付款原路退回",
  amount_mismatch: "金额不符，支付款原路退回",
} as const satisfies Record<Booking["exception"], string>;

/** The attempt was paid, though its order cannot take it. */
async function raise(tx: Tx, { order, payment }: Rows, evidence: Evidence): Promise<void> {
  const { notice } = evidence;
  const raised = await payments.move(tx, payment, {
    to: "succeeded",
    transactionId: transactionIdOf(notice),
    succeededAt: notice.occurredAt,
    effective: false,
  });
  await audit.write(tx, [paymentEntry(order, payment, evidence, raised.status)]);
}

/** No money: the attempt goes through `path`. */
async function walk(
  tx: Tx,
  { order, payment }: Rows,
  evidence: Evidence,
  path: readonly PaymentState[],
): Promise<Applied> {
  let at = payment;
  for (const to of path) {
    if (to === "succeeded" || to === "init") throw new Error(`a notice without money cannot lead to ${to}`);
    const moved = await payments.move(tx, at, { to });
    await audit.write(tx, [paymentEntry(order, at, evidence, to)]);
    at = moved;
  }
  return { state: "processed", outcome: at.status, ended: order.status !== "pending" };
}

async function openException(tx: Tx, { order, payment }: Rows, evidence: Evidence, kind: ExceptionKind): Promise<void> {
  const { notice } = evidence;
  const stated = `${formatAmount(fromMinor(notice.amountMinor))} ${notice.currency}`;
  const detail = {
    order: order.status,
    payment: payment.status,
    expected: `${payment.amount} ${payment.currency}`,
    stated,
    transactionId: notice.transactionId ?? null,
    // A slip between yuan and fen is a set-up mistake that will hit every payment: it deserves to be seen as such.
    looksLikeFenForYuan: isHundredfold(notice, payment),
    says: notice.rawStatus,
  };
  const exception = {
    id: newId("exc"),
    subject: subjectOf(evidence),
    kind,
    orderId: order.id,
    paymentId: payment.id,
    callbackId: evidence.source.kind === "callback" ? evidence.source.id : undefined,
    evidence: evidenceId(evidence),
    amount: notice.status === "succeeded" ? formatAmount(fromMinor(notice.amountMinor)) : undefined,
    detail: JSON.stringify(detail),
  };
  if (!(await exceptions.open(tx, exception))) return;
  await audit.write(tx, [
    {
      actor: actorOf(evidence),
      action: "exception.open",
      entity: "exception",
      entityId: exception.id,
      orderId: order.id,
      after: { kind, amount: exception.amount ?? null },
      evidence: evidenceId(evidence),
    },
  ]);
}

/** Money is known by its transaction, anything else by what its gateway says of the payment. */
function subjectOf({ provider, notice }: Evidence): string {
  const { transactionId, outTradeNo, rawStatus } = notice;
  return notice.status === "succeeded"
    ? `transaction:${provider}:${transactionIdOf(notice)}`
    : `payment:${provider}:${transactionId ?? outTradeNo}:${rawStatus}`;
}

function isHundredfold(notice: Notice, payment: Payment): boolean {
  const stated = fromMinor(notice.amountMinor);
  const expected = new Decimal(payment.amount);
  return stated.equals(expected.times(100)) || stated.times(100).equals(expected);
}

function paymentEntry(order: Order, payment: Payment, evidence: Evidence, to: PaymentState): audit.NewAuditEntry {
  const { transactionId, rawStatus } = evidence.notice;
  return {
    actor: actorOf(evidence),
    action: `payment.${to}`,
    entity: "payment",
    entityId: payment.id,
    orderId: order.id,
    before: { status: payment.status },
    after: { status: to, says: rawStatus, ...(transactionId === undefined ? {} : { transactionId }) },
    evidence: evidenceId(evidence),
  };
}

function actorOf({ provider }: Evidence): string {
  return `gateway:${provider}`;
}

function evidenceId({ source, provider, notice }: Evidence): string {
  return source.kind === "callback" ? source.id : `query:${provider}:${notice.outTradeNo}`;
}
