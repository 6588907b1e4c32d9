import { receipts, refunds } from "@zhanggui/db";
import { Decimal, type RefundState, formatAmount, keepsReserve } from "@zhanggui/domain";
import { expect } from "vitest";

import { type OrderRefund, type PlacedOrder, refundOrder, sendRefund } from "../../src/index.ts";
import type { GatewayServer } from "./gateway-server.ts";
import { type Shop, type Words, paid, startedOrder, tell } from "./shop.ts";

/** An order that was paid through the gateway, and the transaction that paid it. */
export type Paid = PlacedOrder & { readonly transactionId: string };

export async function paidOrder(shop: Shop, items?: { readonly sku: string; readonly quantity: number }[]) {
  const placed = await startedOrder(shop, { provider: "gate", ...(items === undefined ? {} : { items }) });
  const words = paid(placed);
  const outcome = await tell(shop, words, "gate");
  if (outcome !== "paid") throw new Error(`it is ${outcome}`);
  return { ...placed, transactionId: words["transaction_id"] ?? "" } satisfies Paid;
}

export type RefundDesk = {
  /** What the gateway has refunded or is refunding, by our number. */
  readonly made: Map<string, Words>;
  /** How often it was asked for each. */
  readonly asked: Map<string, number>;
};

/** A gateway that keeps a book of refunds, each number once, as the contract says. */
export function refundDesk(gateway: GatewayServer, status = "SUCCESS"): RefundDesk {
  const made = new Map<string, Words>();
  const asked = new Map<string, number>();
  gateway.answer({
    "/refund": (call) => {
      const number = call["out_refund_no"] ?? "";
      asked.set(number, (asked.get(number) ?? 0) + 1);
      const known = made.get(number) ?? {
        refund_id: `G${number}`,
        refund_status: status,
        amount: call["refund_amount"] ?? "",
      };
      made.set(number, known);
      return { code: "SUCCESS", ...known };
    },
    "/refund-query": (call) => {
      const known = made.get(call["out_refund_no"] ?? "");
      return known === undefined ? { code: "NOT_FOUND" } : { code: "SUCCESS", ...known };
    },
  });
  return { made, asked };
}

export async function requested(shop: Shop, placed: Paid, amount?: string, restock?: boolean): Promise<OrderRefund> {
  return notProposed(
    await refundOrder(shop.engine, {
      orderId: placed.order.id,
      amount: amount === undefined ? undefined : new Decimal(amount),
      actor: "operator-1",
      reason: "the tea was stale",
      restock,
    }),
  );
}

/** A refund that took no second person. */
export function notProposed(asked: Awaited<ReturnType<typeof refundOrder>>): OrderRefund {
  if (!("refund" in asked)) throw new Error("the refund was only proposed");
  return asked;
}

/** Requested, and sent to the gateway at once. Answers the state it is in then. */
export async function refunded(shop: Shop, placed: Paid, amount?: string, restock?: boolean) {
  const { refund } = await requested(shop, placed, amount, restock);
  return { ...refund, status: await sendRefund(shop.engine, refund.id) };
}

/** Makes a refund due to be asked about, as time would. */
export async function passPause({ db }: Shop, id: string): Promise<void> {
  await db
    .updateTable("refunds")
    .set({ next_ask_at: new Date(0) })
    .where("id", "=", id)
    .execute();
}

/** The words of a refund notice about one of ours. */
export function refundNotice(placed: Paid, refund: { readonly outRefundNo: string; readonly amount: string }): Words {
  return {
    out_trade_no: placed.payment.outTradeNo,
    transaction_id: placed.transactionId,
    amount: placed.payment.amount,
    out_refund_no: refund.outRefundNo,
    refund_id: `G${refund.outRefundNo}`,
    refund_amount: refund.amount,
    refund_status: "SUCCESS",
  };
}

/** What of an order's payment is back, and what is on its way. */
export async function wayBack({ db }: Shop, { transactionId }: Paid) {
  const receipt = await receipts.read(db, { provider: "gate", transactionId });
  return { refunded: receipt?.refunded, reserved: receipt?.refund_reserved };
}

export async function stateOf({ db }: Shop, id: string): Promise<string | undefined> {
  return (await refunds.find(db, id))?.status;
}

/** The law of refunds: what receipts say is back or on its way is the sum of the refunds that say so. */
export async function expectRefundsConserved({ db }: Shop): Promise<void> {
  const booked = await db.selectFrom("receipts").selectAll().execute();
  const all = await db.selectFrom("refunds").selectAll().execute();
  const sum = (receipt: (typeof booked)[number], counts: (status: RefundState) => boolean) =>
    formatAmount(
      all
        .filter((refund) => refund.provider === receipt.provider && refund.transaction_id === receipt.transaction_id)
        .filter(({ status }) => counts(status))
        .reduce((total, { amount }) => total.plus(amount), new Decimal(0)),
    );
  for (const receipt of booked) {
    const { transaction_id: id, refunded: back, refund_reserved: reserved } = receipt;
    expect({ id, back, reserved }).toEqual({
      id,
      back: sum(receipt, (status) => status === "succeeded"),
      reserved: sum(receipt, keepsReserve),
    });
  }
}
