import { afterAll, beforeAll, expect, test } from "vitest";

import { type FakeApi, jwtSecret, startFakeApi } from "./fake-api.ts";
import { type World, startWorld, until } from "./harness.ts";

let gateway: World;
let api: FakeApi;
let world: World;
beforeAll(async () => {
  gateway = await startWorld();
  api = await startFakeApi(gateway.openPayment);
  world = await startWorld({ apiUrl: api.url, jwtSecret });
});
afterAll(async () => {
  await world.stop();
  await api.stop();
  await gateway.stop();
});

type Visitor = (path: string, form?: Readonly<Record<string, string>>) => Promise<Response>;

/** A browser with a cookie of its own that does not follow redirects. */
async function visitor(): Promise<Visitor> {
  const first = await fetch(`${world.simulator.url}/shop`);
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
  return (path, form) =>
    fetch(world.simulator.url + path, {
      headers: { cookie, "accept-language": "en", origin: world.simulator.url },
      redirect: "manual",
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
}

async function order(visit: Visitor, quantity = "2"): Promise<string> {
  const form = { sku: "tea-1", quantity, provider: "mock", idempotencyKey: crypto.randomUUID() };
  const response = await visit("/shop/api/orders", form);
  return response.headers.get("location") ?? "";
}

test("without the shop's key the shop is closed, and says why", async () => {
  const response = await fetch(`${gateway.simulator.url}/shop`, { headers: { "accept-language": "en" } });

  expect(response.status).toBe(503);
  expect(await response.text()).toContain("JWT_SECRET");
});

test("the catalogue shows name, price and stock, and nothing the shop keeps to itself", async () => {
  const visit = await visitor();

  const page = await (await visit("/shop")).text();

  expect(page).toContain("西湖龙井");
  expect(page).toContain("39.90");
  expect(page).toContain("Sold out");
  expect(page).not.toContain(jwtSecret);
});

test("more than there is cannot be ordered, and the page says so", async () => {
  const visit = await visitor();

  const location = await order(visit, "999");

  expect(location).toBe("/shop?problem=out_of_stock");
  expect(await (await visit(location)).text()).toContain("Not enough in stock");
});

test("an order leads to the cashier with a way back, and nobody else can see it", async () => {
  const visit = await visitor();
  const stranger = await visitor();

  const path = await order(visit);
  const page = await (await visit(path)).text();
  const start = /action="([^"]+\/start)"/.exec(page)?.[1] ?? "";
  const toCashier = await visit(start, {});

  expect(page).toContain("Awaiting payment");
  expect(toCashier.status).toBe(303);
  expect(toCashier.headers.get("location")).toMatch(/^\/cashier\/mock\/o\d+\?return=%2Fshop%2Forders%2Ford_/);
  expect(await (await visit("/shop/orders")).text()).toContain("79.80");
  expect((await stranger(path)).status).toBe(404);
});

test("the order's events come through as they happen", async () => {
  const visit = await visitor();
  const path = await order(visit);
  const events = await visit(`/shop/api${path.replace("/shop", "")}/events`);
  const reader = events.body?.getReader();

  api.markPaid();
  const first = await reader?.read();
  await reader?.cancel();

  expect(events.headers.get("content-type")).toContain("text/event-stream");
  expect(new TextDecoder().decode(first?.value)).toContain("event: order");
  expect(await (await visit(path)).text()).toContain("We have your payment");
  await until(() => api.listeners() === 0);
});

test("an API that is down is said in plain words", async () => {
  const alone = await startWorld({ apiUrl: "http://127.0.0.1:9", jwtSecret });

  const response = await fetch(`${alone.simulator.url}/shop`, { headers: { "accept-language": "en" } });

  expect(await response.text()).toContain("The Zhanggui API does not answer");
  await alone.stop();
});
