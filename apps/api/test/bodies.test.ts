import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Listening, listen, say } from "./listening.ts";
import { success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Ask, type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, customer, viewer } from "./tokens.ts";

const limit = 65_536;
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

/** JSON of exactly so many bytes that is an order but for an unknown field. */
function orderOf(bytes: number): string {
  const order = JSON.stringify({ items: [{ sku: "tea", quantity: 1 }], provider: "mock", note: "" });
  return order.replace('"note":""', `"note":"${"x".repeat(bytes - order.length)}"`);
}

function chunked(method: string, path: string, headers: readonly string[], body: string): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, "host: shop", "transfer-encoding: chunked", ...headers, "", ""];
  const chunks = body.match(/[^]{1,8000}/g) ?? [];
  const said = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join("");
  return Buffer.from(`${head.join("\r\n")}${said}0\r\n\r\n`);
}

describe.each(["inside the process", "over a socket"])("%s", (where) => {
  const ask: Ask = (...words) => (where === "over a socket" ? server.ask(...words) : shop.ask(...words));
  const json = { "content-type": "application/json" };

  test("65,536 bytes are taken and 65,537 are not", async () => {
    const order = (bytes: number) => ask("POST", "/orders", { token: customer, headers: json, body: orderOf(bytes) });

    expect((await order(limit)).status).toBe(201);
    expectProblem(await order(limit + 1), 413, "body_too_large");
    const put = await ask("PUT", "/admin/products/tea", { token: admin, headers: json, body: orderOf(limit + 1) });
    expectProblem(put, 413, "body_too_large");
  });

  test("a callback of 65,536 bytes is read and one of 65,537 is refused in the gateway's form", async () => {
    const { payment } = await placeOrder(shop, "tea");
    const short = JSON.stringify(success(payment, { filler: "" }));
    const fitting = JSON.stringify(success(payment, { filler: "x".repeat(limit - short.length) }));
    expect(Buffer.byteLength(fitting)).toBe(limit);

    const taken = await ask("POST", "/callbacks/mock", { headers: json, body: fitting });
    const refused = await ask("POST", "/callbacks/mock", { headers: json, body: `${fitting} ` });

    expect([taken.status, taken.text]).toEqual([200, '{"code":"SUCCESS"}']);
    expect([refused.status, refused.body]).toEqual([413, { code: "FAIL", message: "body_too_large" }]);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ])("a body of type %j is 415", async (type) => {
    const answer = await ask("POST", "/orders", {
      token: customer,
      body: Buffer.from(orderOf(100)),
      ...(type === "" ? {} : { headers: { "content-type": type } }),
    });

    expectProblem(answer, 415, "unsupported_media_type");
  });

  test.each(["application/json;charset=utf-8", "application/json ; charset=UTF-8", "Application/JSON"])(
    "a body of type %j is JSON",
    async (type) => {
      const answer = await ask("POST", "/orders", {
        token: customer,
        headers: { "content-type": type },
        body: orderOf(100),
      });

      expect(answer.status, answer.text).toBe(201);
    },
  );

  test("a write that may come without a body takes none, an empty one, and JSON; nothing else", async () => {
    const cancel = async (wanted: object) => {
      const { order } = await placeOrder(shop, "tea");
      return ask("POST", `/orders/${order.id}/cancel`, { token: customer, ...wanted });
    };

    expect((await cancel({})).status).toBe(200);
    expect((await cancel({ json: {} })).status).toBe(200);
    expect((await cancel({ headers: json })).status).toBe(200);
    expectProblem(await cancel({ headers: json, body: "{" }), 400, "malformed_request");
    expectProblem(
      await cancel({ headers: { "content-type": "text/plain" }, body: "x" }),
      415,
      "unsupported_media_type",
    );
  });
});

describe("chunked, without a length", () => {
  const bearer = `authorization: Bearer ${customer}`;
  const type = "content-type: application/json";

  test("an order is taken up to the limit and refused above it", async () => {
    const taken = await say(server.port, chunked("POST", "/orders", [bearer, type], orderOf(limit)));
    const refused = await say(server.port, chunked("POST", "/orders", [bearer, type], orderOf(limit + 1)));
    const huge = await say(server.port, chunked("POST", "/orders", [bearer, type], orderOf(2_000_000)));

    expect(taken).toMatch(/^HTTP\/1\.1 201 /);
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    expect(refused).toContain("body_too_large");
    expect(huge).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("a callback is taken up to the limit and refused above it, and leaves no row", async () => {
    const { payment } = await placeOrder(shop, "tea");
    const small = JSON.stringify(success(payment));
    const large = JSON.stringify(success(payment, { filler: "x".repeat(2_000_000) }));
    const rows = async () =>
      (await shop.ask("GET", `/admin/callbacks?outTradeNo=${payment.outTradeNo}`, { token: viewer })).body.callbacks;

    const refused = await say(server.port, chunked("POST", "/callbacks/mock", [type], large));
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    expect(refused).toContain('{"code":"FAIL","message":"body_too_large"}');
    expect(await rows()).toEqual([]);

    const taken = await say(server.port, chunked("POST", "/callbacks/mock", [type], small));
    expect(taken).toMatch(/^HTTP\/1\.1 200 /);
    expect(taken).toContain('{"code":"SUCCESS"}');
    expect(await rows()).toHaveLength(1);
  });

  test("a large body without a token is refused for its size or its token, and never read in full", async () => {
    const answer = await say(server.port, chunked("POST", "/orders", [type], orderOf(500_000)));

    expect(answer).toMatch(/^HTTP\/1\.1 (?:401|413) /);
  });
});

describe("broken HTTP", () => {
  test.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["a host that is no host", "GET /healthz HTTP/1.1\r\nhost: a b/c?d\r\n\r\n"],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a length that is no number", "POST /callbacks/mock HTTP/1.1\r\nhost: a\r\ncontent-length: abc\r\n\r\n"],
    [
      "a length and chunks",
      "POST /callbacks/mock HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a header with a line feed",
      "GET /healthz HTTP/1.1\r\nhost: a\r\nx-request-id: a\nset-cookie: b=c\r\nx: y z\0\r\n\r\n",
    ],
  ])("%s is a 4xx and no crash", async (_, words) => {
    expect(await say(server.port, words)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await server.ask("GET", "/healthz")).status).toBe(200);
  });

  test("a request id that is not plain is replaced, a plain one is kept", async () => {
    const idOf = async (id: string) =>
      (await server.ask("GET", "/healthz", { headers: { "x-request-id": id } })).headers.get("x-request-id");

    expect(await idOf("abc-1.2_3")).toBe("abc-1.2_3");
    expect(await idOf("a b")).not.toBe("a b");
    expect(await idOf("x".repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a client that leaves in the middle of its body does no harm", async () => {
    const head =
      "POST /callbacks/mock HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    await Promise.race([say(server.port, head, 100), new Promise((resolve) => setTimeout(resolve, 300))]);

    expect((await server.ask("GET", "/healthz")).status).toBe(200);
  });
});
