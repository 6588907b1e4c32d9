import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { expectProblem } from "./problem.ts";
import { type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, customer } from "./tokens.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
  await putProduct(shop, "tea");
});
afterAll(() => shop.close());

test("every answer carries the headers that keep browsers careful", async () => {
  for (const path of ["/healthz", "/docs", "/openapi.json", "/nothing", "/orders", "/admin/sign-in"]) {
    const { headers } = await shop.ask("GET", path);
    const csp = headers.get("content-security-policy") ?? "";
    expect(csp).toContain("default-src 'self'");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).toContain("object-src 'none'");
    expect(csp).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toContain("max-age");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("x-request-id")).toMatch(/./);
  }
});

describe("the description", () => {
  type Operation = {
    readonly security?: readonly unknown[];
    readonly parameters?: readonly { readonly name: string; readonly in: string }[];
    readonly responses: Readonly<Record<string, { readonly description: string }>>;
    readonly summary?: string;
  };
  type Description = {
    readonly openapi: string;
    readonly info: { readonly title: string; readonly version: string };
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  let description: Description;

  beforeAll(async () => {
    description = (await shop.ask("GET", "/openapi.json")).body;
  });

  test("is OpenAPI 3.1 whose references all lead somewhere", () => {
    expect(description.openapi).toMatch(/^3\.1\./);
    expect(description.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/([^/"]+)\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(5);
    for (const [whole, kind = "", name = ""] of references)
      expect(description.components[kind]?.[name], whole).toBeDefined();
    expect(description.components["securitySchemes"]).toHaveProperty("bearer");
  });

  test("every operation names its path's parameters, its answers and what it is for", () => {
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const said = `${method} ${path}`;
        const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const named = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name);
        expect([said, named.toSorted()]).toEqual([said, wanted.toSorted()]);
        expect(Object.keys(operation.responses).length, said).toBeGreaterThan(0);
        for (const [status, response] of Object.entries(operation.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(response.description).toEqual(expect.any(String));
        }
        expect(operation.summary, said).toMatch(/./);
        if (/^\/(?:orders|payments|admin)/.test(path)) expect(operation.security, said).toContainEqual({ bearer: [] });
      }
    }
  });

  test.each([
    "post /orders",
    "get /orders",
    "get /orders/{id}",
    "post /orders/{id}/cancel",
    "post /orders/{id}/payments",
    "get /orders/{id}/events",
    "post /payments/{id}/query",
    "post /payments/{id}/start",
    "get /payments/{id}",
    "post /callbacks/{provider}",
    "get /openapi.json",
    "get /docs",
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /admin/products",
    "get /admin/providers",
    "put /admin/products/{sku}",
    "get /admin/orders",
    "get /admin/orders/{id}",
    "post /admin/orders/{id}/ship",
    "post /admin/orders/{id}/complete",
    "post /admin/orders/{id}/cancel",
    "get /admin/callbacks",
    "get /admin/callbacks/{id}",
    "get /admin/callbacks/{id}/preflight",
    "post /admin/callbacks/{id}/retry",
    "post /admin/callbacks/retry",
    "get /admin/jobs",
    "post /admin/jobs/{queue}/{id}/retry",
    "get /admin/exceptions",
    "get /admin/audit",
    "get /admin/metrics",
  ])("names %s", (route) => {
    const [method = "", path = ""] = route.split(" ");
    expect(Object.keys(description.paths[path] ?? {})).toContain(method);
  });
});

test("the page to read it loads everything from here, and serves nothing else", async () => {
  const page = await shop.ask("GET", "/docs");

  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.text).not.toMatch(/https?:\/\//);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect([link, (await shop.ask("GET", link)).status]).toEqual([link, 200]);
  expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
  for (const path of [
    "index.html",
    "swagger-initializer.js",
    "package.json",
    "..%2fpackage.json",
    "%2e%2e/package.json",
  ]) {
    expectProblem(await shop.ask("GET", `/docs/assets/${path}`), 404, "not_found");
  }
});

describe("health", () => {
  test("all is well", async () => {
    expect((await shop.ask("GET", "/healthz")).status).toBe(200);
    const ready = await shop.ask("GET", "/readyz");
    expect([ready.status, ready.body]).toEqual([200, { status: "ready" }]);
  });

  test("a process that stops is not ready", async () => {
    const stopping = await openShop();
    stopping.stopAccepting();

    const { status, body } = await stopping.ask("GET", "/readyz");

    expect([status, body.unreachable]).toEqual([503, ["stopping"]]);
    await stopping.close();
  });

  test("names the database, the queue, or both, when they are not there", async () => {
    const nowhere = "postgres://nobody@127.0.0.1:1/none";
    const redis = inject("redisUrl");
    const noQueue = await openShop({ redisUrl: "redis://127.0.0.1:1" });
    const nothing = await openShop({ databaseUrl: nowhere, redisUrl: "redis://127.0.0.1:1" });

    expect((await noQueue.ask("GET", "/readyz")).body.unreachable).toEqual(["queue"]);
    const both = await nothing.ask("GET", "/readyz");
    expect([both.status, both.body.unreachable]).toEqual([503, ["database", "queue"]]);
    expect((await nothing.ask("GET", "/healthz")).status).toBe(200);
    if (redis !== undefined) {
      const noDatabase = await openShop({ databaseUrl: nowhere, redisUrl: redis });
      expect((await noDatabase.ask("GET", "/readyz")).body.unreachable).toEqual(["database"]);
      await noDatabase.close();
    }
    await noQueue.close();
    await nothing.close();
  });
});

describe("measures", () => {
  const line =
    /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*")*\})? (?:[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)|NaN)$/;

  test("are Prometheus's text, and no label grows with what people ask for", async () => {
    await placeOrder(shop, "tea");
    for (const id of ["a", "b", "c"]) {
      await shop.ask("GET", `/orders/ord_${id}`, { token: customer });
      await shop.ask("GET", `/nowhere/${id}`);
    }

    const { status, text, headers } = await shop.ask("GET", "/metrics");

    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("text/plain");
    for (const one of text.trim().split("\n")) {
      if (one !== "" && !one.startsWith("#")) expect(one).toMatch(line);
    }
    for (const name of ["zhanggui_callbacks_waiting", "zhanggui_queue_jobs", "zhanggui_http_request_seconds_count"]) {
      expect(text).toContain(`\n${name}{`);
    }
    expect(text).not.toMatch(/ord_a|nowhere/);
    expect(text).toMatch(/route="\/orders\/:id"/);
  });

  test("are told even without the database", async () => {
    const nothing = await openShop({
      databaseUrl: "postgres://nobody@127.0.0.1:1/none",
      redisUrl: "redis://127.0.0.1:1",
    });

    const { status, text } = await nothing.ask("GET", "/metrics");

    expect(status).toBe(200);
    expect(text).toMatch(/zhanggui_callbacks_waiting\{[^}]*\} NaN/i);
    await nothing.close();
  });
});

test("without the database every route says 503, and none says 500", async () => {
  const nothing = await openShop({
    databaseUrl: "postgres://nobody@127.0.0.1:1/none",
    redisUrl: "redis://127.0.0.1:1",
  });
  const order = { items: [{ sku: "tea", quantity: 1 }], provider: "mock" };
  const routes: readonly (readonly [string, string, string, unknown?])[] = [
    ["POST", "/orders", customer, order],
    ["GET", "/orders", customer],
    ["GET", "/orders/ord_0", customer],
    ["GET", "/orders/ord_0/events", customer],
    ["POST", "/orders/ord_0/cancel", customer, {}],
    ["POST", "/orders/ord_0/payments", customer, { provider: "mock" }],
    ["GET", "/payments/pay_0", customer],
    ["POST", "/payments/pay_0/start", customer, {}],
    ["GET", "/admin/products", admin],
    ["PUT", "/admin/products/x", admin, { name: "x", price: "1", available: 1 }],
    ["GET", "/admin/orders", admin],
    ["GET", "/admin/orders/ord_0", admin],
    ["POST", "/admin/orders/ord_0/ship", admin, {}],
    ["POST", "/admin/orders/ord_0/complete", admin, {}],
    ["POST", "/admin/orders/ord_0/cancel", admin, {}],
    ["GET", "/admin/callbacks", admin],
    ["GET", "/admin/callbacks/cb_0", admin],
    ["GET", "/admin/callbacks/cb_0/preflight", admin],
    ["POST", "/admin/callbacks/cb_0/retry", admin, {}],
    ["POST", "/admin/callbacks/retry", admin, { filter: {} }],
    ["GET", "/admin/jobs", admin],
    ["POST", "/admin/jobs/callbacks/1/retry", admin, {}],
    ["GET", "/admin/queues", admin],
    ["GET", "/admin/exceptions", admin],
    ["GET", "/admin/audit", admin],
    ["GET", "/admin/metrics", admin],
  ];

  for (const [method, path, token, json] of routes) {
    const answer = await nothing.ask(method, path, { token, ...(json === undefined ? {} : { json }) });
    const code = /jobs|queues/.test(path) ? "queue_unavailable" : "database_unavailable";
    expectProblem(answer, 503, code);
  }
  await nothing.close();
});
