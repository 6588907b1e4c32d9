import { audit, callbacks, exceptions, payments, receipts } from "@zhanggui/db";
import type { ExceptionAction, ExceptionKind, Role } from "@zhanggui/domain";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  addPayment,
  assignException,
  cancelOrder,
  expireOrder,
  type PlacedOrder,
  type ResolveException,
  resolveException,
  retryCallback,
  reviveOrder,
  sendRefund,
  settleCallback,
  startPayment,
  viewCases,
  withdrawProposal,
} from "../src/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { expectEveryYuanInOnePlace } from "./support/money-law.ts";
import {
  type Shop,
  type Words,
  actionsOf,
  countersOf,
  customerId,
  expectStockConserved,
  hear,
  newTransactionId,
  openShop,
  order,
  paid,
  passDeadline,
  standing,
  startedOrder,
  stock,
  tell,
} from "./support/shop.ts";

let gateway: GatewayServer;
let shop: Shop;
beforeAll(async () => {
  gateway = await startGateway();
  shop = await openShop({ gateUrl: gateway.url, secondPersonLimit: "1000.00" });
});
beforeEach(() => gateway.answer({}));
afterEach(async () => {
  await expectStockConserved(shop);
  await expectEveryYuanInOnePlace(shop);
});
afterAll(async () => {
  await shop.close();
  await gateway.stop();
});

/** The same money told as another fact: no redelivery that the inbox would only count. */
async function hearAgain(words: Words): Promise<string> {
  await shop.db
    .updateTable("callbacks")
    .set({ event_key: sql`event_key || ' older'` })
    .where("transaction_id", "=", words["transaction_id"] ?? "")
    .execute();
  return (await hear(shop, words, "gate")).id;
}

async function tellAgain(words: Words): Promise<string> {
  return settleCallback(shop.engine, await hearAgain(words));
}

const person = (sub: string, role: Role = "operator") => ({ sub, role });
const wang = person("wang");
const li = person("li");
const chief = person("chief", "admin");

type Asking = Partial<ResolveException> & { readonly exceptionId: string; readonly action: ExceptionAction };

function resolve(asking: Asking) {
  return resolveException(shop.engine, { reason: "as the buyer wished", by: wang, ...asking });
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no refusal",
    (error: unknown) => Object(error).code ?? error,
  );
}

async function caseOf(orderId: string, kind: ExceptionKind) {
  const found = (await exceptions.ofOrder(shop.db, orderId)).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no case of ${kind}`);
  return found;
}

async function viewOf(id: string) {
  const found = await exceptions.find(shop.db, id);
  const [view] = found === undefined ? [] : await viewCases(shop.engine, [found]);
  if (view === undefined) throw new Error(`no case ${id}`);
  return view;
}

const allowedIn = ({ allowedActions }: Awaited<ReturnType<typeof viewOf>>) =>
  allowedActions.map(({ action }) => action);

type Opened = { readonly placed: PlacedOrder; readonly sku: string; readonly id: string; readonly words: Words };

type Opening = { readonly provider?: string; readonly price?: string; readonly pieces?: number };

/** An order with two pieces, its attempt started. */
async function started({ provider = "gate", price = "39.80", pieces = 2 }: Opening = {}) {
  const sku = await stock(shop, pieces, price);
  return { sku, placed: await startedOrder(shop, { provider, items: [{ sku, quantity: 2 }] }) };
}

/** Money for a cancelled order. */
async function late(opening: Opening = {}): Promise<Opened> {
  const { provider = "gate" } = opening;
  const { placed, sku } = await started(opening);
  await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });
  const words = paid(placed);
  await tell(shop, words, provider);
  return { placed, sku, words, id: (await caseOf(placed.order.id, "late_payment")).id };
}

/** Two attempts of one order, both paid. */
async function surplus(): Promise<Opened> {
  const { placed, sku } = await started();
  const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
  await startPayment(shop.engine, { customerId, paymentId: second.id });
  await tell(shop, paid(placed), "gate");
  const words = paid({ payment: second });
  await tell(shop, words, "gate");
  return { placed, sku, words, id: (await caseOf(placed.order.id, "surplus_payment")).id };
}

/** A fen too little. */
async function mismatch(opening: Opening = {}): Promise<Opened> {
  const { placed, sku } = await started(opening);
  const words = paid(placed, { amount: "79.59" });
  await tell(shop, words, "gate");
  return { placed, sku, words, id: (await caseOf(placed.order.id, "amount_mismatch")).id };
}

/** Money under a number that is nobody's. */
async function unmatched(outTradeNo: string, words: Words = {}) {
  const said = {
    out_trade_no: outTradeNo,
    transaction_id: newTransactionId(),
    amount: "79.60",
    status: "SUCCESS",
    ...words,
  };
  const { id: callbackId } = await hear(shop, said, "gate");
  await settleCallback(shop.engine, callbackId);
  const cases = await exceptions.page(shop.db, { kind: "unmatched_payment", limit: 1 });
  return { words: said, callbackId, id: cases[0]?.id ?? "" };
}

describe("a decision that cannot be", () => {
  test("about a case that does not exist", async () => {
    expect(await refusal(resolve({ exceptionId: "exc_0", action: "refund" }))).toBe("exception_not_found");
  });

  test("about a case that is closed names who closed it, and changes nothing", async () => {
    const { id } = await late();
    await resolve({ exceptionId: id, action: "revive" });

    await expect(resolve({ exceptionId: id, action: "refund", by: li })).rejects.toMatchObject({
      code: "already_resolved",
      facts: { action: "revive", by: "wang" },
    });
  });

  test.each<[string, () => Promise<{ id: string }>, ExceptionAction, string]>([
    ["late money", late, "apply", "revive, refund, write_off"],
    ["surplus money", surplus, "apply", "refund, write_off"],
    ["surplus money", surplus, "revive", "refund, write_off"],
    ["money of another amount", mismatch, "revive", "apply, refund, write_off"],
    ["late money at a gateway that is not called", () => late({ provider: "till" }), "refund", "revive, write_off"],
  ])("about %s", async (_, open, action, allowed) => {
    const { id } = await open();

    await expect(resolve({ exceptionId: id, action })).rejects.toMatchObject({
      code: "action_not_allowed",
      facts: { action, allowed },
    });
    expect((await viewOf(id)).state).toBe("open");
  });

  test("by an amount that is not what is at stake", async () => {
    const { id } = await late();

    expect(await refusal(resolve({ exceptionId: id, action: "refund", amount: "79.61" }))).toBe("invalid_input");
    expect((await resolve({ exceptionId: id, action: "refund", amount: "79.60" })).kind).toBe("resolved");
  });

  test("about an order that the case is not about", async () => {
    const { id } = await late();
    const other = await order(shop);

    expect(await refusal(resolve({ exceptionId: id, action: "revive", orderId: other.order.id }))).toBe(
      "invalid_input",
    );
  });
});

describe("revive", () => {
  test("takes the order to paid and sells its pieces again, audited with the reason", async () => {
    const { placed, sku, id, words } = await late();

    const { kind, exception } = await resolve({ exceptionId: id, action: "revive", reason: "she waited" });

    expect({ kind, exception }).toMatchObject({
      kind: "resolved",
      exception: { state: "resolved", resolution: "revive", resolvedBy: "wang", allowedActions: [] },
    });
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      payments: ["succeeded"],
      effective: 1,
      holds: "consumed",
    });
    expect(await countersOf(shop, sku)).toEqual({ available: 0, reserved: 0, sold: 2 });
    const entries = await audit.ofOrder(shop.db, placed.order.id);
    expect(entries.find(({ action }) => action === "order.revive")).toMatchObject({
      actor: "wang",
      before: { status: "cancelled" },
      after: { status: "paid" },
      reason: "she waited",
      evidence: id,
    });
    expect(entries.find(({ action }) => action === "exception.resolve")).toMatchObject({
      before: { state: "open", kind: "late_payment", amount: "79.60" },
      after: { state: "resolved", resolution: "revive", order: "paid" },
    });

    // The gateway tells it again, in other words.
    expect(await tellAgain(words)).toBe("repeat");
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["late_payment"]);
  });

  test("is out of stock when a piece is sold, and then a refund is suggested", async () => {
    const { placed, sku, id } = await late();
    await order(shop, { items: [{ sku, quantity: 1 }] });

    expect(await refusal(resolve({ exceptionId: id, action: "revive" }))).toBe("out_of_stock");
    expect(await refusal(reviveOrder(shop.engine, { orderId: placed.order.id, reason: "r", by: wang }))).toBe(
      "out_of_stock",
    );
    expect(await viewOf(id)).toMatchObject({ state: "open", suggestedAction: "refund" });
  });

  test("of the order itself is the same thing", async () => {
    const { placed, id } = await late();

    expect((await reviveOrder(shop.engine, { orderId: placed.order.id, reason: "r", by: wang })).kind).toBe("resolved");
    expect(await viewOf(id)).toMatchObject({ state: "resolved", resolution: "revive" });
  });

  test("of an order without late money is refused", async () => {
    const { placed } = await started();
    await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });
    const asked = { orderId: placed.order.id, reason: "r", by: wang };

    expect(await refusal(reviveOrder(shop.engine, asked))).toBe("invalid_transition");
    expect(await refusal(reviveOrder(shop.engine, { ...asked, orderId: "ord_0" }))).toBe("order_not_found");
  });

  test("and a sale that race for the last pieces: one of them gets them", async () => {
    for (let round = 0; round < 8; round += 1) {
      const { placed, sku, id } = await late();

      const [revived, sold] = await Promise.all([
        refusal(resolve({ exceptionId: id, action: "revive" })),
        refusal(order(shop, { items: [{ sku, quantity: 2 }] })),
      ]);

      expect([revived, sold].filter((outcome) => outcome === "no refusal")).toHaveLength(1);
      expect([revived, sold]).toContain("out_of_stock");
      expect((await standing(shop, placed.order.id)).order).toBe(revived === "no refusal" ? "paid" : "cancelled");
    }
  });

  test("of the same case by ten people at once: one of them did it", async () => {
    const { placed, id, sku } = await late();

    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        refusal(resolve({ exceptionId: id, action: at % 2 === 0 ? "revive" : "refund", by: person(`p${at}`) })),
      ),
    );

    expect(outcomes.filter((outcome) => outcome === "no refusal")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "already_resolved")).toHaveLength(9);
    const entries = (await actionsOf(shop, placed.order.id)).filter((action) => action === "exception.resolve");
    expect(entries).toHaveLength(1);
    expect((await countersOf(shop, sku)).reserved).toBe(0);
  });
});

describe("apply", () => {
  test("accepts the difference: the order is paid with what came", async () => {
    const { placed, id, words } = await mismatch();

    await resolve({ exceptionId: id, action: "apply", amount: "79.59" });

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      effective: 1,
      holds: "consumed",
      money: ["79.59"],
    });
    expect(shop.asked.forgetExpiry).toContain(placed.order.id);

    await tellAgain(words);
    expect((await viewOf(id)).state).toBe("resolved");
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(["amount_mismatch"]);
  });

  test("to a cancelled order takes it up again when its pieces are there", async () => {
    const { placed, id } = await mismatch();
    await cancelOrder(shop.engine, { orderId: placed.order.id, customerId, actor: customerId });

    expect((await viewOf(id)).allowedActions).toContainEqual(
      expect.objectContaining({ action: "apply", does: "revives_order" }),
    );
    await resolve({ exceptionId: id, action: "apply" });

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1, holds: "consumed" });
  });

  test("ends the order's other attempts, here and at their gateways", async () => {
    const { placed, id } = await mismatch();
    const second = await addPayment(shop.engine, { customerId, orderId: placed.order.id, provider: "gate" });
    await startPayment(shop.engine, { customerId, paymentId: second.id });

    await resolve({ exceptionId: id, action: "apply" });

    expect((await standing(shop, placed.order.id)).payments).toEqual(["succeeded", "cancelled"]);
    expect(gateway.calls).toContain("/close");
  });

  test("of unmatched money needs an order, and becomes its payment", async () => {
    const { placed } = await started();
    const { id, callbackId, words } = await unmatched("Z20260101ABCDEF");
    expect((await viewOf(id)).allowedActions[0]).toEqual({
      action: "apply",
      does: "pays_named_order",
      needs: ["orderId"],
      secondPerson: "no",
    });

    expect(await refusal(resolve({ exceptionId: id, action: "apply" }))).toBe("invalid_input");
    expect(await refusal(resolve({ exceptionId: id, action: "apply", orderId: "ord_0" }))).toBe("invalid_input");
    await resolve({ exceptionId: id, action: "apply", orderId: placed.order.id });

    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "paid",
      payments: ["cancelled", "succeeded"],
      effective: 1,
      money: ["79.60"],
    });
    expect(await viewOf(id)).toMatchObject({ state: "resolved", orderId: placed.order.id });
    expect(await callbacks.find(shop.db, callbackId)).toMatchObject({ state: "processed", outcome: "resolved_apply" });
    expect(await refusal(retryCallback(shop.engine, callbackId, { actor: "wang", reason: "r" }))).toBe("not_retryable");

    // Another fact about the same money finds the payment that it has now.
    expect(await tellAgain(words)).toBe("repeat");
  });

  test("of unmatched money whose number another provider's attempt has gets a number of its own", async () => {
    const taken = await started({ provider: "till" });
    const { placed } = await started();
    const { id } = await unmatched(taken.placed.payment.outTradeNo);

    await resolve({ exceptionId: id, action: "apply", orderId: placed.order.id });

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1 });
    expect((await standing(shop, taken.placed.order.id)).order).toBe("pending");
  });

  test("of unmatched money in another currency, or to an order that is paid, is refused", async () => {
    const { placed } = await started();
    const foreign = await unmatched("Z20260102ABCDEF", { currency: "USD" });
    const found = await exceptions.find(shop.db, foreign.id);
    await shop.db
      .updateTable("receipts")
      .set({ currency: "USD" })
      .where("callback_id", "=", foreign.callbackId)
      .execute();
    expect(await refusal(resolve({ exceptionId: foreign.id, action: "apply", orderId: placed.order.id }))).toBe(
      "action_not_allowed",
    );
    await tell(shop, paid(placed), "gate");
    const { id } = await unmatched("Z20260103ABCDEF");

    expect(await refusal(resolve({ exceptionId: id, action: "apply", orderId: placed.order.id }))).toBe(
      "action_not_allowed",
    );
    expect(found?.state).toBe("open");
  });

  test("to an unknown word asks the gateway, writes its answer and closes the case", async () => {
    const { placed } = await started();
    const provider = "gate";
    const { id: callbackId } = await hear(shop, paid(placed, { status: "SUCCESS" }), provider);
    await shop.db
      .updateTable("callbacks")
      .set({ status: "unknown", raw_status: "ODD" })
      .where("id", "=", callbackId)
      .execute();
    await settleCallback(shop.engine, callbackId);
    const { id } = await caseOf(placed.order.id, "unknown_status");

    gateway.answer({ "/query": () => undefined });
    expect(await refusal(resolve({ exceptionId: id, action: "apply" }))).toBe("gateway_unavailable");
    expect((await viewOf(id)).state).toBe("open");
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await resolve({ exceptionId: id, action: "apply" });

    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", effective: 1 });
    expect(await viewOf(id)).toMatchObject({ state: "resolved", resolution: "apply" });
  });

  test("to a gateway that was not heard asks it now; what it took meanwhile is a case of its own", async () => {
    const { placed } = await started();
    await passDeadline(shop, placed.order.id);
    gateway.answer({ "/query": () => undefined });
    await expireOrder(shop.engine, { orderId: placed.order.id });
    const longAgo = new Date(Date.now() - 3_600_000);
    await shop.db.updateTable("orders").set({ closing_since: longAgo }).where("id", "=", placed.order.id).execute();
    await expireOrder(shop.engine, { orderId: placed.order.id });
    const { id } = await caseOf(placed.order.id, "gateway_unreachable");
    await shop.db.deleteFrom("provider_health").execute();

    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...paid(placed) }) });
    await resolve({ exceptionId: id, action: "apply" });

    expect(await viewOf(id)).toMatchObject({ state: "resolved" });
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "cancelled",
      payments: ["succeeded"],
      exceptions: ["gateway_unreachable", "late_payment"],
    });
  });
});

describe("refund", () => {
  test.each<[string, () => Promise<Opened>]>([
    ["late money", late],
    ["surplus money", surplus],
    ["money of another amount", mismatch],
  ])("sends %s back, all of it, and told again it opens nothing", async (_, open) => {
    const { placed, id, words } = await open();
    const before = (await standing(shop, placed.order.id)).order;

    const { exception } = await resolve({ exceptionId: id, action: "refund" });

    expect(exception).toMatchObject({ state: "resolved", resolution: "refund" });
    const [refund] = await shop.db.selectFrom("refunds").selectAll().where("exception_id", "=", id).execute();
    expect(refund).toMatchObject({ status: "created", amount: words["amount"], ends_order_as: null });
    expect(shop.asked.sendRefund).toContain(refund?.id);
    expect((await standing(shop, placed.order.id)).order).toBe(before);

    const cases = (await standing(shop, placed.order.id)).exceptions;
    await tellAgain(words);
    expect((await standing(shop, placed.order.id)).exceptions).toEqual(cases);
  });

  test("of money of another amount is not undone when the gateway states the right amount later", async () => {
    const { placed, id, words } = await mismatch();
    await resolve({ exceptionId: id, action: "refund" });

    await tellAgain({ ...words, amount: "79.60" });

    expect((await standing(shop, placed.order.id)).order).toBe("pending");
  });

  test("of unmatched money goes back though it has no order", async () => {
    const { id, words, callbackId } = await unmatched("Z20260104ABCDEF");
    const { placed } = await started();
    expect(await refusal(resolve({ exceptionId: id, action: "refund", orderId: placed.order.id }))).toBe(
      "invalid_input",
    );
    const second = await hearAgain(words);
    await settleCallback(shop.engine, second);

    await resolve({ exceptionId: id, action: "refund" });

    for (const parked of [callbackId, second]) {
      expect(await callbacks.find(shop.db, parked)).toMatchObject({ state: "processed", outcome: "resolved_refund" });
    }
    expect(await tellAgain(words)).toBe("repeat");

    const [refund] = await shop.db.selectFrom("refunds").selectAll().where("exception_id", "=", id).execute();
    expect(refund).toMatchObject({ order_id: null, amount: "79.60" });
  });

  test("that fails opens a case of its own, which can send it again or ask about it", async () => {
    const { placed, id } = await late();
    await resolve({ exceptionId: id, action: "refund" });
    const [first] = await shop.db.selectFrom("refunds").selectAll().where("exception_id", "=", id).execute();
    await sendRefund(shop.engine, first?.id ?? "");
    const failed = await caseOf(placed.order.id, "refund_failed");
    expect(allowedIn(await viewOf(failed.id))).toEqual(["refund", "write_off"]);

    await resolve({ exceptionId: failed.id, action: "refund" });

    const [second] = await shop.db.selectFrom("refunds").selectAll().where("exception_id", "=", failed.id).execute();
    expect(second).toMatchObject({ status: "created", amount: "79.60" });
    expect(second?.out_refund_no).not.toBe(first?.out_refund_no);
  });
});

describe("a refund whose outcome nobody knows", () => {
  /** Asked for two hours ago, and never answered. */
  async function unknownRefund() {
    const { id, placed } = await late();
    await resolve({ exceptionId: id, action: "refund" });
    const [refund] = await shop.db.selectFrom("refunds").selectAll().where("exception_id", "=", id).execute();
    const refundId = refund?.id ?? "";
    await sql`update refunds set created_at = now() - interval '2 hours' where id = ${refundId}`.execute(shop.db);
    gateway.answer({ "/refund": () => undefined, "/refund-query": () => undefined });
    await sendRefund(shop.engine, refundId);
    return { refundId, placed, id: (await caseOf(placed.order.id, "refund_unknown")).id };
  }

  test("is asked about again; silence leaves the case open", async () => {
    const { id } = await unknownRefund();

    expect(allowedIn(await viewOf(id))).toEqual(["apply", "write_off"]);
    expect(await refusal(resolve({ exceptionId: id, action: "apply" }))).toBe("gateway_unavailable");
    expect((await viewOf(id)).state).toBe("open");
  });

  test("closes with the answer that the money is back", async () => {
    const { id, refundId } = await unknownRefund();
    gateway.answer({ "/refund-query": () => ({ code: "SUCCESS", refund_id: "R1", refund_status: "SUCCESS" }) });

    const { kind, exception } = await resolve({ exceptionId: id, action: "apply" });

    expect({ kind, state: exception.state }).toEqual({ kind: "resolved", state: "resolved" });
    const [refund] = await shop.db.selectFrom("refunds").select("status").where("id", "=", refundId).execute();
    expect(refund?.status).toBe("succeeded");
  });

  test("closes with the answer that it failed, which is a case of its own", async () => {
    const { id, placed } = await unknownRefund();
    gateway.answer({ "/refund-query": () => ({ code: "SUCCESS", refund_id: "R1", refund_status: "FAIL" }) });

    await resolve({ exceptionId: id, action: "apply" });

    expect((await viewOf(id)).state).toBe("resolved");
    expect((await caseOf(placed.order.id, "refund_failed")).state).toBe("open");
  });

  test("can be closed by two people, and keeps its reserve: only its gateway knows whether it is back", async () => {
    const { id, refundId } = await unknownRefund();

    expect((await resolve({ exceptionId: id, action: "write_off" })).kind).toBe("proposed");
    await resolve({ exceptionId: id, action: "write_off", by: li });

    const [refund] = await shop.db.selectFrom("refunds").selectAll().where("id", "=", refundId).execute();
    expect(refund?.status).toBe("unknown");
    const receipt = await receipts.read(shop.db, {
      provider: refund?.provider ?? "",
      transactionId: refund?.transaction_id ?? "",
    });
    expect(receipt).toMatchObject({ written_off_at: null, refund_reserved: "79.60" });
  });
});

describe("write off", () => {
  test("of money by an operator waits for a second person", async () => {
    const { id } = await late();

    const { kind, exception } = await resolve({ exceptionId: id, action: "write_off" });

    expect(kind).toBe("proposed");
    expect(exception).toMatchObject({ state: "open", proposal: { action: "write_off", by: "wang" } });
    expect((await resolve({ exceptionId: id, action: "write_off", by: li })).kind).toBe("resolved");
  });

  test("of money by an administrator is done, and nothing may use the money again", async () => {
    const { placed, id, words } = await mismatch();

    await resolve({ exceptionId: id, action: "write_off", by: chief });

    expect(await viewOf(id)).toMatchObject({ state: "resolved", resolution: "write_off" });
    await tellAgain({ ...words, amount: "79.60" });
    expect((await standing(shop, placed.order.id)).order).toBe("pending");
  });

  test("of a case without money is done at once", async () => {
    const { placed } = await started();
    const { id: callbackId } = await hear(shop, paid(placed, { status: "PROCESSING" }), "gate");
    await shop.db.updateTable("callbacks").set({ status: "unknown" }).where("id", "=", callbackId).execute();
    await settleCallback(shop.engine, callbackId);
    const { id } = await caseOf(placed.order.id, "unknown_status");

    expect((await resolve({ exceptionId: id, action: "write_off" })).kind).toBe("resolved");
  });
});

describe("above the limit", () => {
  const dear = { price: "500.01" };

  test("a decision waits for somebody else, who then does it", async () => {
    const { placed, id } = await late(dear);

    expect((await resolve({ exceptionId: id, action: "revive" })).kind).toBe("proposed");
    expect((await standing(shop, placed.order.id)).order).toBe("cancelled");
    expect(await viewOf(id)).toMatchObject({
      proposal: { action: "revive", by: "wang", reason: "as the buyer wished" },
      suggestedAction: "revive",
      allowedActions: [{ action: "revive", secondPerson: "yes" }],
    });

    expect(await refusal(resolve({ exceptionId: id, action: "revive" }))).toBe("second_person_needed");
    expect(await refusal(resolve({ exceptionId: id, action: "refund", by: li }))).toBe("action_not_allowed");
    expect((await resolve({ exceptionId: id, action: "revive", by: li })).kind).toBe("resolved");
    expect((await standing(shop, placed.order.id)).order).toBe("paid");
    expect(await actionsOf(shop, placed.order.id)).toEqual(
      expect.arrayContaining(["exception.propose", "exception.resolve"]),
    );
  });

  test("an administrator is one person too", async () => {
    const { id } = await late(dear);

    expect((await resolve({ exceptionId: id, action: "write_off", by: chief })).kind).toBe("proposed");
    expect(await refusal(resolve({ exceptionId: id, action: "write_off", by: chief }))).toBe("second_person_needed");
    expect((await resolve({ exceptionId: id, action: "write_off" })).kind).toBe("resolved");
  });

  test("at the limit one person decides", async () => {
    const { id } = await late({ price: "500.00" });

    expect((await resolve({ exceptionId: id, action: "refund" })).kind).toBe("resolved");
  });

  test("what is proposed can be taken back, and another thing be done", async () => {
    const { id } = await late(dear);
    expect(await refusal(withdrawProposal(shop.engine, { exceptionId: id, reason: "r", by: li }))).toBe(
      "action_not_allowed",
    );
    await resolve({ exceptionId: id, action: "revive" });

    const withdrawn = await withdrawProposal(shop.engine, { exceptionId: id, reason: "no", by: li });

    expect(withdrawn.proposal).toBeUndefined();
    expect((await resolve({ exceptionId: id, action: "refund", by: li })).kind).toBe("proposed");
    expect((await resolve({ exceptionId: id, action: "refund" })).kind).toBe("resolved");
  });

  test("the stock may be gone when the second person comes; the proposal stays", async () => {
    const { id, sku } = await late(dear);
    await resolve({ exceptionId: id, action: "revive" });
    await order(shop, { items: [{ sku, quantity: 1 }] });

    expect(await refusal(resolve({ exceptionId: id, action: "revive", by: li }))).toBe("out_of_stock");
    expect(await viewOf(id)).toMatchObject({ state: "open", proposal: { by: "wang" } });
  });

  test("the order that the first person named is the one that is paid", async () => {
    const { placed } = await started({ price: "500.01" });
    const other = await started({ price: "500.01" });
    const { id } = await unmatched("Z20260105ABCDEF", { amount: "1000.02" });
    await resolve({ exceptionId: id, action: "apply", orderId: placed.order.id });

    expect(await refusal(resolve({ exceptionId: id, action: "apply", orderId: other.placed.order.id, by: li }))).toBe(
      "invalid_input",
    );
    await resolve({ exceptionId: id, action: "apply", by: li });

    expect((await standing(shop, placed.order.id)).order).toBe("paid");
    expect((await standing(shop, other.placed.order.id)).order).toBe("pending");
  });

  test("of two people who ask at the same moment one proposes and the other confirms", async () => {
    const { id } = await late(dear);

    const both = await Promise.all([wang, li].map((by) => resolve({ exceptionId: id, action: "refund", by })));

    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["proposed", "resolved"]);
  });

  test("of one person who asks twice at the same moment nothing is decided", async () => {
    const { id } = await late(dear);

    await Promise.allSettled([1, 2].map(() => resolve({ exceptionId: id, action: "refund" })));

    expect((await viewOf(id)).state).toBe("open");
  });
});

test("a case has an owner, until it has none, and both are audited", async () => {
  const { id, placed } = await late();
  const asked = { exceptionId: id, reason: "her desk", by: wang };

  expect((await assignException(shop.engine, { ...asked, owner: "li" })).owner).toBe("li");
  expect(await exceptions.page(shop.db, { owner: "li", limit: 10 })).toHaveLength(1);
  expect((await assignException(shop.engine, { ...asked, owner: null })).owner).toBeUndefined();

  const entries = await audit.ofOrder(shop.db, placed.order.id);
  expect(entries.filter(({ action }) => action === "exception.assign").map(({ after }) => after)).toEqual([
    { owner: "li" },
    { owner: null },
  ]);
  await resolve({ exceptionId: id, action: "revive" });
  expect(await refusal(assignException(shop.engine, { ...asked, owner: "li" }))).toBe("already_resolved");
});

test("one transaction named for two payments: its case moves no money that pays an order", async () => {
  const { placed } = await started();
  const words = paid(placed);
  await tell(shop, words, "gate");
  const second = await started();
  await tell(shop, { ...words, out_trade_no: second.placed.payment.outTradeNo }, "gate");
  const { id } = await caseOf(second.placed.order.id, "surplus_payment");

  expect((await viewOf(id)).allowedActions).toEqual([
    { action: "write_off", does: "closes_case", needs: [], secondPerson: "no" },
  ]);
  await resolve({ exceptionId: id, action: "write_off" });

  const [receipt] = await receipts.ofOrder(shop.db, placed.order.id);
  expect(receipt?.written_off_at).toBeNull();
  expect((await payments.ofOrder(shop.db, placed.order.id))[0]?.effective).toBe(true);
});
