import { once } from "node:events";
import { type Server, createServer } from "node:http";
import { text } from "node:stream/consumers";

import { queryPayments } from "@zhanggui/operations";
import { afterAll, beforeAll, expect, test } from "vitest";

import { newTransactionId, secret, signed } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Placed, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { customer, stranger, viewer } from "./tokens.ts";

let shop: Shop;
let gateway: Server;
/** What the gateway answers to a query. */
let said: Readonly<Record<string, string>>;

beforeAll(async () => {
  gateway = createServer(async (request, response) => {
    await text(request);
    const words = request.url === "/query" ? said : { code: "SUCCESS", cashier_url: "http://cashier.test/1" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(signed(words)));
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const address = gateway.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  shop = await openShop({
    accounts: {
      mock: { kind: "mock", secret, baseUrl: `http://127.0.0.1:${address.port}` },
      till: { kind: "hmac", secret },
    },
  });
  await putProduct(shop, "tea");
});
afterAll(async () => {
  await shop.close();
  gateway.closeAllConnections();
  gateway.close();
  await once(gateway, "close");
});

async function started(): Promise<Placed> {
  const placed = await placeOrder(shop, "tea");
  const { status } = await shop.ask("POST", `/payments/${placed.payment.id}/start`, { token: customer });
  expect(status).toBe(200);
  said = { code: "SUCCESS", status: "NOTPAY", amount: placed.payment.amount };
  return placed;
}

const query = ({ payment }: Placed, token = customer) => shop.ask("POST", `/payments/${payment.id}/query`, { token });

test('"I have paid" is accepted, proves nothing, and has the gateway asked', async () => {
  const placed = await started();

  const answer = await query(placed);

  expect(answer.status).toBe(202);
  expect(answer.body).toEqual({ payment: expect.objectContaining({ id: placed.payment.id, status: "processing" }) });
  said = { code: "SUCCESS", status: "SUCCESS", amount: placed.payment.amount, transaction_id: newTransactionId() };
  expect(await queryPayments(shop.deps.engine)).toEqual({ asked: 1 });
  const { body } = await shop.ask("GET", `/payments/${placed.payment.id}`, { token: customer });
  expect(body.payment.status).toBe("succeeded");
});

test("it is accepted as often as it is said, and asks once in a while", async () => {
  const placed = await started();

  for (let time = 0; time < 3; time += 1) expect((await query(placed)).status).toBe(202);
  expect(await queryPayments(shop.deps.engine)).toEqual({ asked: 1 });
  expect((await query(placed)).status).toBe(202);

  expect(await queryPayments(shop.deps.engine)).toEqual({ asked: 0 });
});

test("it is refused to others, to nobody and for nothing", async () => {
  const placed = await started();

  expectProblem(await query(placed, stranger), 404, "payment_not_found");
  expectProblem(await shop.ask("POST", "/payments/pay_0/query", { token: customer }), 404, "payment_not_found");
  expectProblem(await shop.ask("POST", `/payments/${placed.payment.id}/query`), 401, "unauthenticated");
});

test("the order's timeline shows what its gateways were asked and what they answered", async () => {
  const placed = await started();
  await query(placed);
  await queryPayments(shop.deps.engine);

  const { body } = await shop.ask("GET", `/admin/orders/${placed.order.id}`, { token: viewer });

  expect(body.gatewayQueries).toEqual([
    {
      id: expect.stringMatching(/^\d+$/),
      paymentId: placed.payment.id,
      at: expect.stringMatching(/Z$/),
      call: "query",
      answer: "found",
      says: "NOTPAY",
      ms: expect.any(Number),
    },
  ]);
});

test("the providers are listed with how they are heard, and without any secret", async () => {
  const placed = await started();
  await query(placed);
  await queryPayments(shop.deps.engine);

  const { status, body, text: answered } = await shop.ask("GET", "/admin/providers", { token: viewer });

  expect(status).toBe(200);
  expect(body.providers).toEqual([
    {
      id: "mock",
      kind: "mock",
      callable: true,
      silentSince: null,
      lastCallbackAt: null,
      lastAnswerAt: expect.stringMatching(/Z$/),
      restingUntil: null,
      openAttempts: expect.any(Number),
    },
    expect.objectContaining({ id: "till", kind: "hmac", callable: false, lastAnswerAt: null, openAttempts: 0 }),
  ]);
  expect(body.providers[0].openAttempts).toBeGreaterThanOrEqual(1);
  expect(answered).not.toContain(secret);
  expectProblem(await shop.ask("GET", "/admin/providers", { token: customer }), 403, "forbidden");
});

test("a silent provider is a metric", async () => {
  const silent_since = new Date();
  await shop.deps.engine.db
    .updateTable("provider_health")
    .set({ silent_since })
    .where("provider", "=", "mock")
    .execute();

  const { text: metrics } = await shop.ask("GET", "/metrics");

  expect(metrics).toMatch(/^zhanggui_provider_silent\{provider="mock",process="api"\} 1$/m);
  expect(metrics).toMatch(/^zhanggui_provider_silent\{provider="till",process="api"\} 0$/m);
});
