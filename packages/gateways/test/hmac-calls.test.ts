import { text } from "node:stream/consumers";
import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, gatewayOf } from "../src/index.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { type Fields, now, nowSeconds, secret, signOf, signed } from "./support/signed.ts";

let gateway: GatewayServer;
let account: Account;
beforeAll(async () => {
  gateway = await startGateway();
  account = { kind: "hmac", secret, previousSecrets: ["older"], baseUrl: gateway.url };
});
afterAll(() => gateway.stop());

const outside = { fetch, now: () => now };
const { calls } = gatewayOf({ kind: "hmac", secret });
const outTradeNo = "P20261122ABCDEFGH";
const paying = {
  outTradeNo,
  amount: new Decimal("39.8"),
  currency: "CNY",
  subject: "龙井 二两",
  notifyUrl: "http://shop.test/callbacks/till",
  expiresAt: new Date("2026-11-22T08:29:00Z"),
  startedAt: new Date("2026-11-22T08:00:00Z"),
  returnUrl: "https://shop.test/orders/1",
};

const pay = () => calls.pay(account, paying, outside);
const query = () => calls.query(account, paying, outside);
const close = () => calls.close(account, paying, outside);
const everyCall = [
  ["pay", pay],
  ["query", query],
  ["close", close],
] as const;

function answer(fields: Fields, status = 200): void {
  answerText(JSON.stringify(signed(fields)), status);
}

function answerText(body: string, status = 200): void {
  gateway.handle((_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body);
  });
}

const success = {
  code: "SUCCESS",
  cashier_url: "https://cashier.test/1",
  status: "SUCCESS",
  transaction_id: "T1",
  amount: "39.80",
};

describe.each(everyCall)("an answer to %s is unknown", (_, call) => {
  test.each([
    ["not signed", JSON.stringify(success)],
    ["signed with another key", JSON.stringify(signed(success, "another"))],
    ["changed after signing", JSON.stringify({ ...signed(success), code: "PAID" })],
    ["not JSON", "<html>maintenance</html>"],
    ["empty", ""],
    ["an array", "[]"],
    ["with a number", JSON.stringify({ ...signed(success), n: 1 })],
    ["signed without a code", JSON.stringify(signed({ status: "SUCCESS" }))],
    ["signed with another code", JSON.stringify(signed({ ...success, code: "BUSY" }))],
    ["with its code in lower case", JSON.stringify(signed({ ...success, code: "success" }))],
  ])("when it is %s", async (__, body) => {
    answerText(body);

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test("when it is larger than an answer can be, although it is signed", async () => {
    answer({ ...success, padding: "x".repeat(300_000) });

    expect(await call()).toMatchObject({ kind: "unknown" });
  });

  test("when it sends us elsewhere, and nothing is sent there", async () => {
    const visited: string[] = [];
    gateway.handle((request, response) => {
      visited.push(request.url ?? "");
      response.writeHead(307, { location: "/elsewhere" });
      response.end(JSON.stringify(signed(success)));
    });

    expect(await call()).toMatchObject({ kind: "unknown" });
    expect(visited).toHaveLength(1);
    expect(visited).not.toContain("/elsewhere");
  });

  test("when the connection breaks in the middle of it", async () => {
    gateway.handle((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"code":"SUCC');
      setTimeout(() => response.destroy(), 20);
    });

    expect(await call()).toMatchObject({ kind: "unknown" });
  });
});

test("nobody at the address is unknown, not a failure", async () => {
  const nobody: Account = { kind: "hmac", secret, baseUrl: "http://127.0.0.1:1" };

  expect(await calls.query(nobody, paying, outside)).toMatchObject({ kind: "unknown" });
  expect(await calls.query({ kind: "hmac", secret }, paying, outside)).toMatchObject({ kind: "unknown" });
});

test("a gateway that is silent for five seconds, at once or in the middle of its words, is unknown", async () => {
  const hanging: (() => void)[] = [];
  gateway.handle((request, response) => {
    if (request.url === "/close") response.write("{");
    hanging.push(() => response.end());
  });
  const started = performance.now();

  const answers = await Promise.all([query(), close()]);

  expect(answers).toMatchObject([{ kind: "unknown" }, { kind: "unknown" }]);
  expect(performance.now() - started).toBeGreaterThan(4_900);
  expect(performance.now() - started).toBeLessThan(7_000);
  for (const end of hanging) end();
});

describe("a call", () => {
  test("is signed flat JSON text with a timestamp and a nonce of its own", async () => {
    const told: Fields[] = [];
    gateway.handle(async (request, response) => {
      told.push(JSON.parse(await text(request)) as Fields);
      expect(request).toMatchObject({ method: "POST", url: "/pay" });
      response.end(JSON.stringify(signed(success)));
    });

    await pay();
    await pay();

    const [first, second] = told;
    expect(first).toEqual({
      out_trade_no: outTradeNo,
      amount: "39.80",
      currency: "CNY",
      subject: "龙井 二两",
      notify_url: "http://shop.test/callbacks/till",
      time_expire: "2026-11-22T08:29:00.000Z",
      timestamp: String(nowSeconds),
      nonce: expect.any(String),
      sign: signOf(first ?? {}),
    });
    expect(second?.["nonce"]).not.toBe(first?.["nonce"]);
  });

  test("goes below the address that the account names, with or without a slash at its end", async () => {
    const visited: (string | undefined)[] = [];
    gateway.handle((request, response) => {
      visited.push(request.url);
      response.end();
    });

    for (const baseUrl of [`${gateway.url}/api/`, `${gateway.url}/api`]) {
      await calls.query({ kind: "hmac", secret, baseUrl }, paying, outside);
    }

    expect(visited).toEqual(["/api/query", "/api/query"]);
  });

  test("is made only for an account that has an address", () => {
    expect(calls.isCallable({ kind: "hmac", secret })).toBe(false);
    expect(calls.isCallable(account)).toBe(true);
  });

  test("takes an answer signed with a previous secret while it is listed", async () => {
    answerText(JSON.stringify(signed({ code: "SUCCESS" }, "older")));

    expect(await close()).toEqual({ kind: "closed" });
  });
});

describe("pay", () => {
  test.each(["", "not a url", "/cashier/1"])("with %j for a cashier is unknown", async (cashier_url) => {
    answer({ code: "SUCCESS", cashier_url });

    expect(await pay()).toMatchObject({ kind: "unknown" });
  });

  test("with a script for a cashier is unknown", async () => {
    answer({ code: "SUCCESS", cashier_url: "javascript:alert(1)" });

    expect(await pay()).toMatchObject({ kind: "unknown" });
  });

  test("sends the buyer to the cashier", async () => {
    answer({ code: "SUCCESS", cashier_url: "https://cashier.test/1?a=b" });

    expect(await pay()).toEqual({
      kind: "created",
      action: { type: "redirect", url: "https://cashier.test/1?a=b" },
    });
  });
});

describe("query", () => {
  test("that answers for another payment is unknown, however well it is signed", async () => {
    answer({ ...success, out_trade_no: "P20261122ZZZZZZZZ" });

    expect(await query()).toMatchObject({ kind: "unknown", why: expect.stringContaining("another payment") });
  });

  test.each([-3_600, 301, 3_600])("that was signed %i seconds from now is unknown", async (seconds) => {
    answer({ ...success, timestamp: String(nowSeconds + seconds), nonce: "1" });

    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test.each([
    ["a success without a transaction", { ...success, transaction_id: "" }],
    ["a hostile amount", { ...success, amount: "39.805" }],
    ["no status", { ...success, status: "" }],
    ["a refund's words", { ...success, refund_status: "SUCCESS", refund_amount: "1.00", out_refund_no: "R1" }],
  ])("with %s is unknown", async (_, fields) => {
    answer(fields);

    expect(await query()).toMatchObject({ kind: "unknown" });
  });

  test("of a payment that the gateway does not know is not found", async () => {
    answer({ code: "NOT_FOUND" });

    expect(await query()).toEqual({ kind: "not_found" });
  });

  test.each([
    ["SUCCESS", "succeeded"],
    ["NOTPAY", "processing"],
    ["USERPAYING", "processing"],
    ["CLOSED", "cancelled"],
    ["EXPIRED", "expired"],
    ["PAYERROR", "failed"],
  ])("that says %s is a notice of %s about the payment that was asked for", async (status, means) => {
    answer({ ...success, status });

    expect(await query()).toMatchObject({
      kind: "found",
      notice: {
        outTradeNo,
        transactionId: "T1",
        amountMinor: 3_980,
        currency: "CNY",
        status: means,
        rawStatus: status,
      },
    });
  });

  test("says the same event as the notice of the same fact", async () => {
    answer(success);
    const bare = await query();
    answer({ ...success, out_trade_no: outTradeNo, timestamp: String(nowSeconds), nonce: "2" });
    const full = await query();

    expect(full).toEqual(bare);
  });
});

describe("close", () => {
  test.each([
    ["SUCCESS", { kind: "closed" }],
    ["PAID", { kind: "paid" }],
    ["NOT_FOUND", { kind: "not_found" }],
  ])("that answers %s is %j", async (code, means) => {
    answer({ code });

    expect(await close()).toEqual(means);
  });

  test("believes the signed words, whatever the HTTP status around them", async () => {
    answer({ code: "PAID" }, 409);

    expect(await close()).toEqual({ kind: "paid" });
  });
});
