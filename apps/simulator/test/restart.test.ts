import { afterEach, expect, test } from "vitest";

import { type World, fieldsOf, startWorld, until } from "./harness.ts";
import { acknowledged } from "./receiver.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test("payments, refunds and deliveries are remembered over a restart", async () => {
  const first = (world = await startWorld());
  await first.openPayment("paid");
  await first.openPayment("open");
  await first.control("paid", { do: "pay" });
  await first.call("refund", {
    out_trade_no: "paid",
    out_refund_no: "r1",
    amount: "39.80",
    refund_amount: "39.80",
    notify_url: first.receiver.url,
  });
  const before = await first.call("query", { out_trade_no: "paid" });

  const { simulator, call, openPayment } = (world = await first.restart());

  const after = await call("query", { out_trade_no: "paid" });
  expect(after).toMatchObject({ status: "SUCCESS", transaction_id: before["transaction_id"] });
  expect(await openPayment("open", { amount: "1.00" })).toMatchObject({ code: "ERROR" });
  await until(async () => {
    const answer = await call("refund-query", { out_refund_no: "r1" });
    return answer["refund_status"] === "SUCCESS";
  });
  const log = await fetch(`${simulator.url}/control/mock/payments/paid`);
  expect(await log.json()).toMatchObject({
    payment: { status: "SUCCESS" },
    refunds: [{ outRefundNo: "r1" }],
    deliveries: [{ role: "notice", progress: { state: "acknowledged" }, attempts: [{ answer: { status: 200 } }] }, {}],
  });
});

test("a notice that was not acknowledged goes on being delivered after a restart", async () => {
  let up = false;
  const first = (world = await startWorld({
    speed: 30,
    reply: () => (up ? acknowledged : { status: 500, body: "" }),
  }));
  await first.openPayment("p1");
  await first.control("p1", { do: "pay" });

  world = await first.restart();
  up = true;
  const { receiver } = world;
  await until(() => receiver.received.length === 2);

  expect(fieldsOf(receiver, 1)["transaction_id"]).toBe(fieldsOf(receiver, 0)["transaction_id"]);
  expect(fieldsOf(receiver, 1)["nonce"]).not.toBe(fieldsOf(receiver, 0)["nonce"]);
});
