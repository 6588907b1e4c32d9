import { afterAll, beforeAll, expect, test } from "vitest";

import { type FakeApi, jwtSecret, startFakeApi } from "./fake-api.ts";
import { type World, account, startWorld, until } from "./harness.ts";

let gateway: World;
let api: FakeApi;
let world: World;
beforeAll(async () => {
  gateway = await startWorld();
  api = await startFakeApi(gateway.openPayment);
  const names = ["mock", "scanned", "scanned-here", "posted", "posted-away"];
  const providers = new Map(names.map((name) => [name, account]));
  world = await startWorld({ apiUrl: api.url, jwtSecret, providers });
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

async function order(visit: Visitor, quantity = "2", provider = "mock"): Promise<string> {
  const form = { sku: "tea-1", quantity, provider, idempotencyKey: crypto.randomUUID() };
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

/** Orders, starts the payment, and answers where that led. */
async function startPaying(visit: Visitor, provider: string): Promise<{ path: string; led: Response }> {
  const path = await order(visit, "1", provider);
  const page = await (await visit(path)).text();
  const start = /action="([^"]+\/start)"/.exec(page)?.[1] ?? "";
  return { path, led: await visit(start, {}) };
}

test("whoever orders chooses among all the gateways that are played, and may pay another way later", async () => {
  const visit = await visitor();

  const catalogue = await (await visit("/shop")).text();
  const orderPage = await (await visit(await order(visit, "1", "scanned"))).text();

  for (const page of [catalogue, orderPage]) {
    expect(page).toMatch(/<option value="mock"[^>]*>\s*Mock payment \(mock\)/);
    expect(page).toMatch(/<option value="posted"[^>]*>\s*Mock payment \(posted\)/);
  }
  expect(orderPage).toContain("Pay now · Mock payment (scanned)");
  expect(orderPage).toContain("Pay another way");
});

test("a code to scan is shown with the time left, and only shown while there is something to pay", async () => {
  const visit = await visitor();

  const { path, led } = await startPaying(visit, "scanned");
  const location = led.headers.get("location") ?? "";
  const response = await visit(location);
  const page = await response.text();
  const early = await visit(`${await order(visit, "1", "scanned")}/payments/pay_none`);

  expect(led.status).toBe(303);
  expect(location).toMatch(new RegExp(`^${path}/payments/pay_`));
  expect(page).toMatch(/<div class="qr" role="img"[^>]*><svg /);
  expect(page).toContain("data-countdown");
  expect(page).toContain("data-events");
  expect(page).not.toMatch(/style=|<script>/);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page).not.toContain("Open on this device");
  expect(early.status).toBe(302);
});

test("a code for our own cashier can be opened on this device, with a way back", async () => {
  const visit = await visitor();

  const { led } = await startPaying(visit, "scanned-here");
  const page = await (await visit(led.headers.get("location") ?? "")).text();

  expect(page).toMatch(/href="\/cashier\/scanned-here\/o\d+\?return=%2Fshop%2Forders%2Ford_\d+"/);
  expect(page).toContain("Open on this device");
});

test("a form of our own gateway is posted to its path with its fields, as text", async () => {
  const visit = await visitor();

  const { led } = await startPaying(visit, "posted");
  const page = await (await visit(led.headers.get("location") ?? "")).text();

  expect(page).toMatch(/<form method="post" action="\/gateways\/posted\/front\?return=%2Fshop%2Forders%2Ford_\d+"/);
  expect(page).toContain('name="orderId" value="1&quot;&lt;2"');
});

test("a form for another site is not offered, and the order says so", async () => {
  const visit = await visitor();

  const { path, led } = await startPaying(visit, "posted-away");
  const away = await visit(led.headers.get("location") ?? "");

  expect(away.headers.get("location")).toBe(`${path}?problem=no_cashier`);
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
