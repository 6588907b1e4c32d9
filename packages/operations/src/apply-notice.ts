import {
  audit,
  exceptions,
  orders,
  payments,
  products,
  receipts,
  type Order,
  type Payment,
  type Tx,
} from "@zhanggui/db";
import {
  Decimal,
  type CallbackState,
  type ExceptionKind,
  type LatePaymentPolicy,
  type Notice,
  type PaymentState,
  type Ruling,
  formatAmount,
  fromMinor,
  orderStates,
  rule,
  step,
} from "@zhanggui/domain";

import { newId } from "./ids.ts";

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
};

/**
 * Writes what a notice means for a payment, in the transaction that holds the locks of the order and the payment. Money
 * is booked first, always; whether the order can take it is decided second.
 */
export async function applyNotice(
  tx: Tx,
  rows: { readonly order: Order; readonly payment: Payment },
  evidence: Evidence,
  policy: LatePaymentPolicy,
): Promise<Applied> {
  const { order, payment } = rows;
  const bookedFor = evidence.notice.status === "succeeded" ? await book(tx, rows, evidence) : payment.id;
  const ruling: Ruling =
    bookedFor === payment.id
      ? rule(order, factsOf(payment), evidence.notice)
      : { kind: "book", exception: "surplus_payment", raisesPayment: false };

  switch (ruling.kind) {
    case "settle":
      return settle(tx, rows, evidence, "order.pay");
    case "book":
      return ruling.exception === "late_payment" &&
        policy === "revive" &&
        (await products.canReserveAgain(tx, order.id))
        ? revive(tx, rows, evidence)
        : hold(tx, rows, evidence, ruling);
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

type Rows = { readonly order: Order; readonly payment: Payment };

function book(tx: Tx, { order, payment }: Rows, { provider, notice, source }: Evidence): Promise<string | null> {
  return receipts.book(tx, {
    provider,
    transaction_id: transactionIdOf(notice),
    amount: formatAmount(fromMinor(notice.amountMinor)),
    currency: notice.currency,
    out_trade_no: notice.outTradeNo,
    order_id: order.id,
    payment_id: payment.id,
    callback_id: source.kind === "callback" ? source.id : null,
  });
}

/** No gateway's verifier lets a success without a transaction id pass. */
function transactionIdOf(notice: Notice): string {
  if (notice.transactionId === undefined) throw new Error("a success without a transaction id was let through");
  return notice.transactionId;
}

/** The money the order waits for: payment succeeded, order paid, stock sold. */
async function settle(
  tx: Tx,
  { order, payment }: Rows,
  evidence: Evidence,
  action: "order.pay" | "order.revive",
): Promise<Applied> {
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
  ]);
  return { state: "processed", outcome: action === "order.pay" ? "paid" : "revived", ended: true };
}

/** Late money whose stock is still there: reserved again and sold, in this same transaction. */
async function revive(tx: Tx, rows: Rows, evidence: Evidence): Promise<Applied> {
  await products.moveStock(tx, rows.order.id, "reserve_again");
  return settle(tx, rows, evidence, "order.revive");
}

/** Money the order cannot take: kept in the book, and a person asked. */
async function hold(
  tx: Tx,
  rows: Rows,
  evidence: Evidence,
  ruling: Extract<Ruling, { kind: "book" }>,
): Promise<Applied> {
  const { order, payment } = rows;
  const { notice } = evidence;
  if (ruling.raisesPayment) {
    const raised = await payments.move(tx, payment, {
      to: "succeeded",
      transactionId: transactionIdOf(notice),
      succeededAt: notice.occurredAt,
      effective: false,
    });
    await audit.write(tx, [paymentEntry(order, payment, evidence, raised.status)]);
  }
  await openException(tx, rows, evidence, ruling.exception);
  return { state: "processed", outcome: ruling.exception, ended: order.status !== "pending" };
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
    kind,
    orderId: order.id,
    paymentId: payment.id,
    callbackId: evidence.source.kind === "callback" ? evidence.source.id : undefined,
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
