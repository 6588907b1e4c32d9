import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { expectProblem } from "./problem.ts";
import { type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { admin, operator, viewer } from "./tokens.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await putProduct(shop, "tea");
  await placeOrder(shop, "tea");
});
afterAll(() => shop.close());
afterEach(() => count(1));

/** Sets the product's counter; one piece is held in truth. */
async function count(reserved: number): Promise<void> {
  await shop.deps.engine.db.updateTable("products").set({ reserved }).where("sku", "=", "tea").execute();
}

const read = () => shop.ask("GET", "/admin/consistency", { token: viewer });
const check = (json: object = {}, token = operator) => shop.ask("POST", "/admin/consistency/check", { token, json });
const repair = (json: object, token = admin) => shop.ask("POST", "/admin/consistency/repair", { token, json });

const onlyReserved = { law: "stock-reserved" };

async function broken() {
  await count(5);
  const { body } = await check(onlyReserved);
  const [breach] = body.checks[0].breaches;
  return breach;
}

test("a law that was never checked says so, and one that was says when", async () => {
  expect((await read()).body.checks).toContainEqual(
    expect.objectContaining({ name: "stock-reserved", holds: null, ranAt: null }),
  );

  const { status, body } = await check();

  expect(status).toBe(200);
  expect(body.checks.length).toBeGreaterThan(20);
  expect(body.checks.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
  expect((await read()).body.checks).toContainEqual(
    expect.objectContaining({
      name: "stock-reserved",
      law: { en: expect.any(String), zh: expect.any(String) },
      holds: true,
      fullAt: expect.any(String),
      breaches: [],
    }),
  );
});

test("a breach is told with its plan: exact statements, what they change, and how to take them back", async () => {
  const breach = await broken();

  expect(breach).toMatchObject({
    plan: expect.stringMatching(/^rep_/),
    key: "tea",
    exceptionId: expect.stringMatching(/^exc_/),
    accepted: false,
    repair: {
      statements: [{ sql: expect.stringContaining("update products"), parameters: [1, "tea", 5] }],
      diff: [{ table: "products", key: "tea", column: "reserved", before: 5, after: 1 }],
      undo: [{ parameters: [5, "tea", 1] }],
      rings: [],
    },
  });
  const { body } = await shop.ask("GET", `/admin/exceptions/${breach.exceptionId}`, { token: viewer });
  expect(body.exception).toMatchObject({ kind: "invariant_broken", state: "open", detail: { repair: breach.plan } });
  expect((await read()).body.checks).toContainEqual(
    expect.objectContaining({
      name: "stock-reserved",
      holds: false,
      breaches: [expect.objectContaining({ key: "tea" })],
    }),
  );
  const metrics = await shop.ask("GET", "/metrics");
  expect(metrics.text).toMatch(/zhanggui_law_breaches\{law="stock-reserved".*\} 1/);
});

test("an administrator has it mended, and it is mended once", async () => {
  const { plan, exceptionId } = await broken();

  const mended = await repair({ plans: [plan], reason: "counted" });

  expect(mended).toMatchObject({ status: 200, body: { results: [{ id: plan, outcome: "mended" }] } });
  expect((await check(onlyReserved)).body.checks).toMatchObject([{ holds: true, breaches: [] }]);
  const { body } = await shop.ask("GET", `/admin/exceptions/${exceptionId}`, { token: viewer });
  expect(body.exception.state).toBe("resolved");
  expectProblem(await repair({ plans: [plan], reason: "again" }), 409, "state_changed_meanwhile");
});

test("a plan that went stale is refused", async () => {
  const { plan } = await broken();
  await count(6);

  expectProblem(await repair({ plans: [plan], reason: "counted" }), 409, "state_changed_meanwhile");
});

test("what cannot be asked for is refused", async () => {
  expectProblem(await repair({ plans: ["rep_none"], reason: "r" }), 404, "not_found");
  expectProblem(await repair({ plans: ["rep_none"] }), 422, "invalid_input");
  expectProblem(await repair({ plans: [], reason: "r" }), 422, "invalid_input");
  expectProblem(await check({ law: "gravity" }), 422, "invalid_input");
});

test("viewers read, operators check, and only administrators repair", async () => {
  expect((await check({}, viewer)).status).toBe(403);
  expect((await repair({ plans: ["rep_none"], reason: "r" }, operator)).status).toBe(403);
  expect((await shop.ask("GET", "/admin/consistency")).status).toBe(401);
});
