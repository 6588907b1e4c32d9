import { type Trade, fenOf, returnedOf } from "./book.ts";
import type { Till } from "./till.ts";

const paidLike: ReadonlySet<string> = new Set(["paid", "shipped", "completed"]);
const underWay: ReadonlySet<string> = new Set(["created", "processing", "unknown", "abnormal"]);

/** What we know of one transaction's way back, from the audit. */
type Back = { readonly id: string; readonly transactionId: string; readonly fen: number; status: string };

/** Whether the money may still be moving, or everybody has had their say. */
export type When = "meanwhile" | "in the end";

/**
 * Compares the gateway's book with what the admin API tells, transaction by transaction.
 *
 * @returns what is wrong, one line each.
 */
export function judge(trades: ReadonlyMap<string, Trade>, till: Till, when: When): readonly string[] {
  const wrong: string[] = [];
  const backs = backsIn(till);
  const seen = new Set<string>();
  for (const one of till.orders) {
    wrong.push(...judgeOrder(one, { trades, backs, till, when }));
    for (const { outTradeNo } of one.payments) seen.add(outTradeNo);
  }
  for (const trade of trades.values()) {
    if (!seen.has(trade.outTradeNo)) wrong.push(...judgeForeign(trade, { backs, till, when }));
  }
  for (const one of till.exceptions.filter(({ state }) => state === "open")) {
    const may = one.allowedActions.map(({ action }: { action: string }) => action);
    if (!may.includes(one.suggestedAction) || Number.isNaN(Date.parse(one.dueAt))) {
      wrong.push(`${one.kind} ${one.id} has no next step`);
    }
    if (when === "in the end") wrong.push(`${one.kind} ${one.id} is still open: ${JSON.stringify(one.detail)}`);
  }
  return [...wrong, ...judgeAudit(till)];
}

type Case = {
  readonly trades: ReadonlyMap<string, Trade>;
  readonly backs: ReadonlyMap<string, Back>;
  readonly till: Till;
  readonly when: When;
};

function judgeOrder(one: Till["orders"][number], { trades, backs, when }: Case): readonly string[] {
  const wrong: string[] = [];
  const { order, payments, refunds, exceptions } = one;
  const mine = payments.flatMap(({ outTradeNo }: { outTradeNo: string }) => trades.get(outTradeNo) ?? []);
  const say = (text: string) =>
    wrong.push(
      `${order.id} ${order.status} ${order.amount} [${mine.map((trade: Trade) => trade.story).join(" + ")}]: ${text}`,
    );

  if (when === "in the end" && order.status === "pending") say("still pending");
  const paying = payingTransaction(one);
  const isPaid = paidLike.has(order.status);
  if (isPaid && paying === undefined) say("paid without money");

  let used = false;
  for (const trade of mine) {
    const payment = payments.find(({ outTradeNo }: { outTradeNo: string }) => outTradeNo === trade.outTradeNo);
    const ours: Back[] = refunds
      .filter(({ paymentId }: { paymentId: string }) => paymentId === payment.id)
      .flatMap(({ id }: { id: string }) => backs.get(id) ?? []);
    for (const text of judgeReturns(trade, ours, when)) say(text);
    for (const taking of trade.takings) {
      const going = ours.filter(({ transactionId }) => transactionId === taking.transactionId);
      const refunded = sum(going, ({ status }) => status === "succeeded");
      const moving = sum(going, ({ status }) => underWay.has(status));
      const rest = taking.fen - refunded - moving;
      const isPaying = paying?.transactionId === taking.transactionId && paying?.paymentId === payment.id;
      const what = `${trade.provider} ${taking.transactionId} ${taking.fen} ${taking.currency}, rest ${rest}`;
      if (rest < 0) say(`${what}: more went back than came`);
      if (isPaying) {
        used = true;
        if (isPaid && taking.fen !== fenOf(order.amount)) say(`${what}: pays the order with another amount`);
        if (!isPaid && rest > 0 && !hasCase(exceptions, taking.transactionId)) say(`${what}: is kept by no order`);
      } else if (rest > 0 && !hasCase(exceptions, taking.transactionId)) {
        say(`${what}: nobody keeps it, and no case is open`);
      }
    }
  }
  if (isPaid && !used) say(`paid by ${JSON.stringify(paying)}, which the gateway never took`);
  return wrong;
}

/** Money under a number that was never the shop's. */
function judgeForeign(trade: Trade, { backs, till, when }: Omit<Case, "trades">): readonly string[] {
  const wrong: string[] = [];
  const numbers = new Set(trade.returns.map(({ outRefundNo }) => outRefundNo));
  const asked = till.audit.filter(({ action, after }) => action === "refund.request" && numbers.has(after.outRefundNo));
  const ours = asked.flatMap(({ entityId }) => backs.get(entityId) ?? []);
  for (const text of judgeReturns(trade, ours, when)) wrong.push(`${trade.story}: ${text}`);
  const rest = sum(trade.takings, () => true) - sum(ours, ({ status }) => status !== "failed");
  const hasOpen = till.exceptions.some(
    ({ state, detail }) => state === "open" && JSON.stringify(detail).includes(trade.outTradeNo),
  );
  // A refund that was not sent yet is in no book of the gateway's.
  const isAsked = till.exceptions.some(
    ({ resolution, detail }) => resolution === "refund" && JSON.stringify(detail).includes(trade.outTradeNo),
  );
  if (rest > 0 && !hasOpen && !(isAsked && when === "meanwhile")) {
    wrong.push(`${trade.story} ${trade.outTradeNo}: rest ${rest}, and no case is open`);
  }
  return wrong;
}

function judgeReturns(trade: Trade, ours: readonly Back[], when: When): readonly string[] {
  const returned = returnedOf(trade);
  const least = sum(ours, ({ status }) => status === "succeeded");
  // One that the gateway has refused may have gone through all the same: its case is open, and it is asked before another.
  const most = least + sum(ours, ({ status }) => underWay.has(status) || status === "failed");
  const isRight = when === "in the end" ? returned === least : returned >= least && returned <= most;
  return isRight || (when === "meanwhile" && trade.returns.some(({ outRefundNo }) => outRefundNo.startsWith("console")))
    ? []
    : [
        `${trade.outTradeNo}: the gateway gave back ${returned} and we say ${least} to ${most}: ${JSON.stringify(trade.returns)}`,
      ];
}

function hasCase(exceptions: readonly { state: string; detail: unknown }[], transactionId: string): boolean {
  return exceptions.some(
    ({ state, detail }) => state === "open" && JSON.stringify(detail).includes(JSON.stringify(transactionId)),
  );
}

function sum(some: readonly { fen: number; status?: string }[], counts: (one: { status: string }) => boolean): number {
  return some.reduce((total, { fen, status = "" }) => total + (counts({ status }) ? fen : 0), 0);
}

/** The transaction that the order was last paid with. */
function payingTransaction({
  audit,
}: Till["orders"][number]): { transactionId: string; paymentId: string } | undefined {
  let paying: { transactionId: string; paymentId: string } | undefined;
  let heard: typeof paying;
  for (const { action, after, entityId } of inOrder(audit)) {
    if (action === "payment.succeeded" || action === "payment.take") {
      heard = { transactionId: after.transactionId, paymentId: entityId };
    }
    if (action === "order.pay" || action === "order.revive") paying = heard;
  }
  return paying;
}

function backsIn({ audit }: Till): ReadonlyMap<string, Back> {
  const backs = new Map<string, Back>();
  for (const { entity, entityId, action, after } of audit) {
    if (entity !== "refund") continue;
    const known = backs.get(entityId);
    if (known !== undefined && after?.status !== undefined) known.status = after.status;
    if (action !== "refund.request" && action !== "refund.book") continue;
    const { status, transactionId, amount } = after;
    backs.set(entityId, { id: entityId, transactionId, fen: fenOf(amount), status });
  }
  return backs;
}

function inOrder(entries: Till["audit"]): Till["audit"] {
  return entries.toSorted((left, right) => Number(left.id) - Number(right.id));
}

/** Every state that a row has reached follows from the one before it, and is told. */
function judgeAudit({ orders, audit }: Till): readonly string[] {
  const wrong: string[] = [];
  const last = new Map<string, string>();
  for (const { entity, entityId, action, before, after } of inOrder(audit)) {
    if (!["order", "payment", "refund"].includes(entity) || after?.status === undefined) continue;
    const from = before?.status;
    const known = last.get(entityId);
    if (known !== undefined && from !== undefined && from !== known) {
      wrong.push(`${entityId}: ${action} is from ${from}, but it was ${known}`);
    }
    last.set(entityId, after.status);
  }
  for (const { order, payments, refunds } of orders) {
    for (const { id, status } of [order, ...payments, ...refunds]) {
      // An attempt begins as `init` without an entry of its own.
      if ((last.get(id) ?? "init") !== status) wrong.push(`${id} is ${status}, and the audit says ${last.get(id)}`);
    }
  }
  return wrong;
}
