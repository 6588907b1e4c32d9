import { afterEach, beforeEach, expect, test } from "vitest";

import { type World, fieldsOf, startWorld, verified } from "./harness.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

function cashier(outTradeNo: string, form?: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${world.simulator.url}/cashier/mock/${outTradeNo}`, {
    headers: { "accept-language": "en", origin: world.simulator.url },
    ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
  });
}

test("there is no cashier for a payment that was never opened", async () => {
  expect((await cashier("none")).status).toBe(404);
});

test("the page allows nothing inline and nothing from elsewhere", async () => {
  await world.openPayment("p1");

  const response = await cashier("p1");
  const page = await response.text();

  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(page).not.toMatch(/<script>|<style|style=|onclick=|https?:\/\//);
});

test("a subject is shown as text, never as markup", async () => {
  await world.openPayment("p1", { subject: '<img src=x onerror="alert(1)">' });

  const page = await (await cashier("p1")).text();

  expect(page).toContain("&lt;img");
  expect(page).not.toContain("<img src=x");
});

test("the page speaks the reader's language and can be switched", async () => {
  await world.openPayment("p1");
  const url = `${world.simulator.url}/cashier/mock/p1`;

  const chinese = await fetch(url, { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" } });
  const switched = await fetch(`${url}?lang=en`, { headers: { "accept-language": "zh-CN" } });

  expect(await chinese.text()).toContain("确认支付");
  expect(await switched.text()).toContain("Amount due");
  expect(switched.headers.get("set-cookie")).toContain("lang=en");
});

test("a person pays, sees it, and is led back to the shop", async () => {
  await world.openPayment("p1");

  const response = await cashier("p1", { do: "pay", duplicates: "0", return: "/shop/orders/ord_1" });
  const page = await response.text();

  expect(response.redirected).toBe(true);
  expect(page).toContain("Amount paid");
  expect(page).toContain('href="/shop/orders/ord_1"');
  expect(await verified(world.receiver, 0)).toMatchObject({ ok: true, notice: { status: "succeeded" } });
});

test("a way back to another site is not offered", async () => {
  await world.openPayment("p1");

  const page = await (await cashier("p1?return=//evil.example/")).text();

  expect(page).toContain('name="return" value=""');
  expect(page).not.toContain("Back to the shop");
});

test("a form of another site is refused", async () => {
  await world.openPayment("p1");

  const response = await fetch(`${world.simulator.url}/cashier/mock/p1`, {
    method: "POST",
    headers: { origin: "http://evil.example" },
    body: new URLSearchParams({ do: "pay" }),
  });

  expect(response.status).toBe(403);
});

test("the test options send duplicates, pay short, and forge", async () => {
  await world.openPayment("short");
  await world.openPayment("forged");

  await cashier("short", { do: "pay", duplicates: "2", short: "on" });
  await cashier("forged", { do: "pay", duplicates: "0", forge: "on" });

  const told = world.receiver.received.map((_, index) => fieldsOf(world.receiver, index));
  expect(told.map((fields) => fields["amount"])).toEqual(["39.79", "39.79", "39.79", "39.80"]);
  expect(await verified(world.receiver, 3)).toEqual({ ok: false, reason: "signature_invalid" });
});

test("after the deadline only the late button pays", async () => {
  await world.openPayment("late", { time_expire: new Date(Date.now() - 1_000).toISOString() });

  const refused = await (await cashier("late", { do: "pay" })).text();
  const paid = await (await cashier("late", { do: "pay-late" })).text();

  expect(refused).toContain("The deadline has passed.");
  expect(refused).toContain("Pay late, anyway");
  expect(paid).toContain("Amount paid");
});

test("every script is offered by its title with what will happen, in the reader's language", async () => {
  await world.openPayment("p1");
  const url = `${world.simulator.url}/cashier/mock/p1`;

  const english = await (await cashier("p1")).text();
  const chinese = await (await fetch(url, { headers: { "accept-language": "zh-CN" } })).text();

  expect(english).toContain("One fen short</button>");
  expect(english).toContain("The buyer pays one fen less than is due.");
  expect(chinese).toContain("少付一分</button>");
  expect(chinese).toContain("买家少付一分钱。");
});

test("a person plays a script, and sees how it went and with which seed", async () => {
  await world.openPayment("p1");

  const page = await (await cashier("p1", { script: "one-fen-short", duplicates: "0" })).text();

  expect(page).toContain("Script: One fen short");
  expect(page).toMatch(/1 \/ 1 steps · seed \d+/);
  expect(page).toContain("played to its end");
  expect(fieldsOf(world.receiver, 0)["amount"]).toBe("39.79");
});

test("a script that waits can be stopped, and until then no other is played", async () => {
  await world.openPayment("p1");
  const waiting = await (await cashier("p1", { script: "success-after-close" })).text();
  const stop = /name="stop" value="(?<id>[^"]+)"/.exec(waiting)?.groups?.["id"] ?? "";

  const refused = await (await cashier("p1", { script: "pay" })).text();
  const stopped = await (await cashier("p1", { stop })).text();

  expect(refused).toContain("Another script is being played with this payment.");
  expect(stopped).toContain("stopped");
  expect(stopped).not.toContain('name="stop"');
});

test("a script that is not there is refused", async () => {
  await world.openPayment("p1");

  expect((await cashier("p1", { script: "none" })).status).toBe(400);
});
