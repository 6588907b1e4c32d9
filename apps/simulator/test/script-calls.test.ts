import { afterEach, beforeEach, expect, test } from "vitest";

import { signFields } from "../src/vendors/hmac/signed-fields.ts";
import { type World, secret, startWorld, until } from "./harness.ts";
import { endOf, playScript, runOf, startScript } from "./play-script.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await world.openPayment("p1");
});
afterEach(() => world.stop());

const named = { out_trade_no: "p1" };

function refundFields() {
  const amounts = { amount: "39.80", refund_amount: "10.00" };
  return { ...named, ...amounts, out_refund_no: "r1", notify_url: world.receiver.url };
}

function answering(...answers: readonly object[]) {
  return { script: { steps: answers.map((answer) => ({ do: "answer", ...answer })) } };
}

async function statusOf(name: string, fields: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(`${world.simulator.url}/gateways/mock/${name}`, {
    method: "POST",
    body: JSON.stringify(signFields(fields, secret, new Date())),
  });
  await response.arrayBuffer();
  return response.status;
}

test("an answer that is lost: the work is done, the connection is cut, and the next call is answered", async () => {
  await playScript(world, "p1", answering({ call: "query", with: "lose" }, { call: "close", with: "lose" }));

  await expect(world.call("query", named)).rejects.toThrow("fetch failed");
  expect(await world.call("query", named)).toMatchObject({ status: "NOTPAY" });
  await expect(world.call("close", named)).rejects.toThrow("fetch failed");
  expect(await world.call("query", named)).toMatchObject({ status: "CLOSED" });
});

test("a lost answer to a refund: asked again with the same number, it is refunded once", async () => {
  await world.control("p1", { do: "pay" });
  await playScript(world, "p1", answering({ call: "refund", with: "lose" }, { call: "refund_query", with: "lose" }));

  await expect(world.call("refund", refundFields())).rejects.toThrow("fetch failed");
  await expect(world.call("refund-query", { out_refund_no: "r1" })).rejects.toThrow("fetch failed");
  expect(await world.call("refund-query", { out_refund_no: "r1" })).toMatchObject({ code: "SUCCESS" });
  expect(await world.call("refund", refundFields())).toMatchObject({ code: "SUCCESS" });
  const log = await fetch(`${world.simulator.url}/control/mock/payments/p1`);
  expect(await log.json()).toMatchObject({ refunds: [{ outRefundNo: "r1" }] });
});

test("an error: nothing is done, as many times as the script says", async () => {
  await playScript(
    world,
    "p1",
    answering({ call: "close", with: "error", times: 2 }, { call: "query", with: "error" }),
  );

  expect(await statusOf("query", named)).toBe(503);
  expect([await statusOf("close", named), await statusOf("close", named)]).toEqual([503, 503]);
  expect(await world.call("query", named)).toMatchObject({ status: "NOTPAY" });
  expect(await world.call("close", named)).toMatchObject({ code: "SUCCESS" });
});

test("a gateway that knows nothing of the payment, for one call", async () => {
  await playScript(
    world,
    "p1",
    answering(...["query", "close", "refund"].map((call) => ({ call, with: "not_found" }))),
  );

  for (const [name, fields] of [
    ["query", named],
    ["close", named],
    ["refund", refundFields()],
  ] as const) {
    expect(await world.call(name, fields)).toMatchObject({ code: "NOT_FOUND" });
  }
  expect(await world.call("query", named)).toMatchObject({ code: "SUCCESS", status: "NOTPAY" });
});

test("paid on close: the close finds the money, and nobody is told", async () => {
  await playScript(world, "p1", { script: "paid-on-close" });

  expect(await world.call("close", named)).toMatchObject({ code: "PAID" });
  expect(await world.call("query", named)).toMatchObject({ status: "SUCCESS", amount: "39.80" });
  expect(world.receiver.received).toHaveLength(0);
});

test(
  "a stalled answer comes after 6 s: too late for a merchant, and the work is done",
  { timeout: 15_000 },
  async () => {
    await playScript(world, "p1", answering({ call: "close", with: "stall" }));

    const startedAt = performance.now();
    const answer = await world.call("close", named);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(6_000);
    expect(answer).toMatchObject({ code: "SUCCESS" });
  },
);

test("lost-answers: it may start before the payment, loses the answer to its opening, and goes on once it is there", async () => {
  const started = await startScript(world, "unborn", { script: "lost-answers" });

  await expect(world.openPayment("unborn")).rejects.toThrow("fetch failed");
  expect(await world.openPayment("unborn")).toMatchObject({ code: "SUCCESS" });

  expect((await endOf(world, (await runOf(started)).id)).progress).toEqual({ state: "done" });
  await until(() => world.receiver.received.length === 1);
});

test("what is armed is about one payment and one call", async () => {
  await world.openPayment("p2");
  await playScript(world, "p1", answering({ call: "close", with: "lose" }));

  expect(await world.call("close", { out_trade_no: "p2" })).toMatchObject({ code: "SUCCESS" });
  expect(await world.call("query", named)).toMatchObject({ code: "SUCCESS" });
});

test("a script can make an armed gateway well again", async () => {
  await playScript(world, "p1", answering({ call: "query", with: "lose", times: 100 }));
  await playScript(world, "p1", answering({ call: "query", with: "normal" }));

  expect(await world.call("query", named)).toMatchObject({ code: "SUCCESS" });
});
