import { request } from "node:http";

import { afterAll, beforeAll, expect, test } from "vitest";

import { type World, startWorld } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.openPayment("p1");
});
afterAll(() => world.stop());

test("a payment that is not there is not found", async () => {
  expect((await world.control("none", { do: "pay" })).status).toBe(404);
});

test("an instruction with an unknown word is refused, never half followed", async () => {
  const response = await world.control("p1", { do: "pay", amuont: "1.00" });

  expect(response.status).toBe(422);
  expect(await world.call("query", { out_trade_no: "p1" })).toMatchObject({ status: "NOTPAY" });
});

test("a body that a web page could send without asking is refused", async () => {
  const response = await fetch(`${world.simulator.url}/control/mock/payments/p1`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: '{"do":"pay"}',
  });

  expect(response.status).toBe(415);
});

test("a name that was pointed at this machine from outside is refused", async () => {
  const status = await new Promise((resolve, reject) => {
    const url = `${world.simulator.url}/control/mock/payments/p1`;
    request(url, { headers: { host: "rebound.example" } }, (response) => resolve(response.statusCode))
      .on("error", reject)
      .end();
  });

  expect(status).toBe(403);
});

test("two people cannot pay the same payment", async () => {
  await world.openPayment("once");

  const answers = await Promise.all([world.control("once", { do: "pay" }), world.control("once", { do: "pay" })]);

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
});
