import { setTimeout as sleep } from "node:timers/promises";

import { cancelOrder, settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Listening, listen } from "./listening.ts";
import { success } from "./notices.ts";
import { type Placed, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { customer, viewer } from "./tokens.ts";

let shop: Shop;
let server: Listening;

beforeAll(async () => {
  shop = await openShop();
  await putProduct(shop, "tea");
  server = await listen(shop);
});
afterAll(async () => {
  await server.close();
  await shop.close();
});

type Event = {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly id: string; readonly status: string };
};

async function follow(url: string, orderId: string, lastEventId?: string) {
  const leave = new AbortController();
  const response = await fetch(`${url}/orders/${orderId}/events`, {
    headers: {
      authorization: `Bearer ${customer}`,
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    signal: leave.signal,
  });
  let text = "";
  const ended = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  const events = (): readonly Event[] =>
    text
      .split("\n\n")
      .filter((block) => block.includes("data:"))
      .map((block) =>
        Object.fromEntries(
          block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
        ),
      )
      .map(({ id = "", event = "", data = "" }) => ({ id, event, data: JSON.parse(data) }));
  return {
    response,
    events,
    statuses: () => events().map(({ event, data }) => `${event} ${data.status}`),
    ended,
    leave: async () => {
      leave.abort();
      await ended;
    },
  };
}

async function until(check: () => void): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      check();
      return;
    } catch (error) {
      if (tried > 100) throw error;
      await sleep(50);
    }
  }
}

async function pay({ payment }: Placed): Promise<void> {
  await shop.ask("POST", "/callbacks/mock", { json: success(payment) });
  const { body } = await shop.ask("GET", `/admin/callbacks?outTradeNo=${payment.outTradeNo}`, { token: viewer });
  await settleCallback(shop.deps.engine, body.callbacks[0].id);
}

test("a listener is told how things stand, and then each change", async () => {
  const placed = await placeOrder(shop, "tea");

  const listener = await follow(server.url, placed.order.id);
  expect(listener.response.headers.get("content-type")).toContain("text/event-stream");
  expect(listener.response.headers.get("cache-control")).toContain("no-cache");
  await until(() => expect(listener.statuses()).toEqual(["order pending", "payment init"]));
  await shop.ask("POST", `/payments/${placed.payment.id}/start`, { token: customer });
  await pay(placed);

  await until(() =>
    expect(listener.statuses().slice(2).toSorted()).toEqual(["order paid", "payment processing", "payment succeeded"]),
  );
  await listener.leave();
});

test("a listener that comes back with its last event's id misses nothing and hears nothing twice", async () => {
  const placed = await placeOrder(shop, "tea");
  const first = await follow(server.url, placed.order.id);
  await until(() => expect(first.events()).toHaveLength(2));
  await shop.ask("POST", `/payments/${placed.payment.id}/start`, { token: customer });
  await until(() => expect(first.statuses()).toContain("payment processing"));
  await first.leave();
  await pay(placed);

  const second = await follow(server.url, placed.order.id, first.events().at(-1)?.id);

  await until(() => expect(second.statuses().toSorted()).toEqual(["order paid", "payment succeeded"]));
  await sleep(600);
  expect(second.events()).toHaveLength(2);
  await second.leave();
});

test.each(["abc", "-1", "1e9", "999999999999999999", "9".repeat(40)])(
  "a last event id that is none (%s) starts anew",
  async (lastEventId) => {
    const placed = await placeOrder(shop, "tea");

    const listener = await follow(server.url, placed.order.id, lastEventId);

    await until(() => expect(listener.statuses()).toEqual(["order pending", "payment init"]));
    await listener.leave();
  },
);

test("many listeners of many orders each hear their own", async () => {
  const all = await Promise.all(Array.from({ length: 12 }, () => placeOrder(shop, "tea")));
  const listeners = await Promise.all(
    all.flatMap(({ order }) => [follow(server.url, order.id), follow(server.url, order.id)]),
  );

  await Promise.all(
    all.map(({ order }) => cancelOrder(shop.deps.engine, { orderId: order.id, customerId: undefined, actor: "test" })),
  );

  for (const [at, listener] of listeners.entries()) {
    await until(() => expect(listener.statuses()).toContain("order cancelled"));
    const ids = new Set(listener.events().map(({ data }) => data.id));
    const own = all[Math.floor(at / 2)];
    expect(ids).toEqual(new Set([own?.order.id, own?.payment.id]));
    await listener.leave();
  }
});

test("HEAD opens no stream that nobody reads", async () => {
  const { order } = await placeOrder(shop, "tea");

  const answer = await server.ask("HEAD", `/orders/${order.id}/events`, { token: customer });

  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
});

test("streams end when the process stops", async () => {
  const stopping = await openShop();
  await putProduct(stopping, "tea");
  const listening = await listen(stopping);
  const { order } = await placeOrder(stopping, "tea");
  const listener = await follow(listening.url, order.id);
  await until(() => expect(listener.events()).toHaveLength(2));
  const stoppedAt = performance.now();

  stopping.deps.orderEvents.close();
  await listener.ended;

  expect(performance.now() - stoppedAt).toBeLessThan(1_000);
  await listening.close();
  await stopping.close();
});
