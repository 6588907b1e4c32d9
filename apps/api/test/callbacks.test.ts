import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

import { settleCallback } from "@zhanggui/operations";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { newTransactionId, signed, success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { customer, viewer } from "./tokens.ts";

const accepted = '{"code":"SUCCESS"}';

/** A number that nobody paid under. */
const stranger = { outTradeNo: "P00000000STRANGER", amount: "1.00" };

async function rowsOf({ ask }: Shop, outTradeNo: string) {
  return (await ask("GET", `/admin/callbacks?outTradeNo=${outTradeNo}`, { token: viewer })).body.callbacks;
}

describe("a gateway", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop();
    await putProduct(shop, "tea");
  });
  afterAll(() => shop.close());

  const deliver = (json: unknown, provider = "mock") => shop.ask("POST", `/callbacks/${provider}`, { json });

  test("gets its acknowledgement to the letter when its notice is safe", async () => {
    const { payment } = await placeOrder(shop, "tea");
    const notice = success(payment);

    const first = await deliver(notice);
    const again = await deliver(notice);

    for (const answer of [first, again]) {
      expect([answer.status, answer.text]).toEqual([200, accepted]);
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
    expect(await rowsOf(shop, payment.outTradeNo)).toMatchObject([{ state: "received", deliveries: 2 }]);
  });

  test("is refused in its own form, and nothing of it is kept", async () => {
    const { payment } = await placeOrder(shop, "tea");

    const forged = await deliver({ ...success(payment), amount: "0.01" });
    const typed = await shop.ask("POST", "/callbacks/mock", {
      body: "<xml/>",
      headers: { "content-type": "text/xml" },
    });

    expect([forged.status, forged.text]).toEqual([401, '{"code":"FAIL","message":"signature_invalid"}']);
    expect(forged.headers.get("content-type")).toBe("application/json");
    expect(forged.headers.get("www-authenticate")).toBeNull();
    expect([typed.status, typed.body]).toEqual([415, { code: "FAIL", message: "unsupported_media_type" }]);
    expect(await rowsOf(shop, payment.outTradeNo)).toEqual([]);
  });

  test.each(["nobody", "__proto__", "constructor", "MOCK", "mock%00", "%ff", "toString"])(
    "that we do not know (%s) is 404",
    async (provider) => {
      expectProblem(await deliver(success(stranger), provider), 404, "not_found");
    },
  );

  test.each([
    ["its status", { status: "SUCC\0ESS" }],
    ["a field of its own", { note: "a\0b" }],
    ["its number", { out_trade_no: "P\x00000000000" }],
    ["its transaction", { transaction_id: "T\0" }],
  ])("that signs NUL in %s is never answered 500", async (_, more) => {
    const answer = await deliver(
      signed({
        out_trade_no: stranger.outTradeNo,
        transaction_id: newTransactionId(),
        amount: "1.00",
        status: "SUCCESS",
        ...more,
      }),
    );

    expect([200, 400], answer.text).toContain(answer.status);
    if (answer.status !== 200) expect(answer.body).toEqual({ code: "FAIL", message: expect.any(String) });
  });

  test("that sends fields of odd words is never answered 5xx", async () => {
    for (const status of ["x".repeat(5_000), "成功", "\u{1f600}", "'; drop table callbacks;--", "SUCCESS "]) {
      const answer = await deliver(
        signed({ out_trade_no: "P00000000ODD", transaction_id: newTransactionId(), amount: "999999999999.99", status }),
      );
      expect([200, 400], answer.text).toContain(answer.status);
    }
  });
});

test("a flood of forged notices is slowed down in the gateway's form; a verified one is never", async () => {
  const shop = await openShop();
  const forged = { ...success(stranger), amount: "9.00" };
  const statuses = new Map<number, number>();
  let slowed: Awaited<ReturnType<typeof shop.ask>> | undefined;

  for (let sent = 0; sent < 1_300; sent += 1) {
    const answer = await shop.ask("POST", "/callbacks/mock", { json: forged });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status === 429) slowed = answer;
  }
  const verified = await shop.ask("POST", "/callbacks/mock", { json: success(stranger) });
  const signedIn = await shop.ask("GET", "/orders", { token: customer });

  expect([...statuses.keys()].toSorted()).toEqual([401, 429]);
  expect(slowed?.body).toEqual({ code: "FAIL", message: "rate_limited" });
  expect(Number(slowed?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect([verified.status, verified.text]).toEqual([200, accepted]);
  expect(signedIn.status).toBe(200);
  expectProblem(await shop.ask("GET", "/orders"), 429, "rate_limited");
  expect(await rowsOf(shop, stranger.outTradeNo)).toHaveLength(1);
  await shop.close();
});

test("production refuses an unsigned mock notice, whatever the account says", async () => {
  const accounts = { mock: { kind: "mock", secret: "s", allowUnsigned: true } } as const;
  const [production, development] = [await openShop({ accounts, production: true }), await openShop({ accounts })];
  const unsigned = { out_trade_no: "P00000000UNSIGNED", transaction_id: "T1", amount: "1.00", status: "SUCCESS" };

  const refused = await production.ask("POST", "/callbacks/mock", { json: unsigned });
  const taken = await development.ask("POST", "/callbacks/mock", { json: unsigned });

  expect([refused.status, refused.body]).toEqual([401, { code: "FAIL", message: "unsigned_refused" }]);
  expect([taken.status, taken.text]).toEqual([200, accepted]);
  await production.close();
  await development.close();
});

test("without the database a verified notice is refused with 503, so that the gateway sends it again", async () => {
  const redisUrl = inject("redisUrl") ?? "redis://127.0.0.1:1";
  const shop = await openShop({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", redisUrl });

  const answer = await shop.ask("POST", "/callbacks/mock", { json: success(stranger) });

  expect([answer.status, answer.body]).toEqual([503, { code: "FAIL", message: "database_unavailable" }]);
  expect(answer.headers.get("retry-after")).toBe("1");
  await shop.close();
});

describe("without the queue", () => {
  test.each(["that is not there", "that accepts and never answers"])(
    "a Redis %s: acknowledged all the same, and settled later",
    async (kind) => {
      const hung = createServer(() => undefined).listen(0, "127.0.0.1");
      await once(hung, "listening");
      const port = kind === "that is not there" ? 1 : (hung.address() as AddressInfo).port;
      const shop = await openShop({ redisUrl: `redis://127.0.0.1:${port}` });
      await putProduct(shop, "tea");
      const { order, payment } = await placeOrder(shop, "tea");
      const startedAt = performance.now();

      const answer = await shop.ask("POST", "/callbacks/mock", { json: success(payment) });

      expect([answer.status, answer.text]).toEqual([200, accepted]);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      const [row] = await rowsOf(shop, payment.outTradeNo);
      expect(await settleCallback(shop.deps.engine, row.id)).toBe("paid");
      const { body } = await shop.ask("GET", `/orders/${order.id}`, { token: customer });
      expect(body.order.status).toBe("paid");
      expectProblem(await shop.ask("GET", "/admin/jobs", { token: viewer }), 503, "queue_unavailable");
      await shop.close();
      hung.close();
    },
  );
});
