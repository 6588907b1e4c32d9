import { reconcileDue } from "@zhanggui/operations";
import { afterAll, beforeAll, expect, test } from "vitest";

import { secret } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type GatewayStatement, startStatements } from "./statements.ts";
import { type Shop, openShop } from "./shop.ts";
import { operator, viewer } from "./tokens.ts";

let gateway: GatewayStatement;
let shop: Shop;
beforeAll(async () => {
  gateway = await startStatements();
  shop = await openShop({
    accounts: { mock: { kind: "mock", secret }, gate: { kind: "hmac", secret, baseUrl: gateway.url } },
  });
});
afterAll(async () => {
  await shop.close();
  await gateway.stop();
});

const get = (path: string, token = viewer) => shop.ask("GET", path, { token });
const post = (json: unknown, token = operator) => shop.ask("POST", "/admin/reconciliations", { token, json });
const request = { provider: "gate", date: "2026-11-20", reason: "the month is closed" };

test("an operator has a day reconciled, and a viewer reads what came of it", async () => {
  gateway.lines("payment,p1,strange-1,,39.80,0.24,SUCCESS,2026-11-20T12:00:00Z");

  const asked = await post(request);
  const { id } = asked.body.reconciliation;
  await reconcileDue(shop.deps.engine);
  const read = await get(`/admin/reconciliations/${id}`);
  const listed = await get("/admin/reconciliations?provider=gate&limit=1");

  expect(asked.status).toBe(202);
  expect(asked.body.reconciliation).toMatchObject({ provider: "gate", date: "2026-11-20", state: "waiting" });
  expect(read.body.reconciliation).toMatchObject({
    id,
    state: "differences",
    lines: 1,
    differences: 1,
    reason: request.reason,
  });
  expect(read.body.differences).toEqual([
    {
      id: expect.any(String),
      type: "payment",
      kind: "missing_here",
      key: "strange-1",
      outTradeNo: "p1",
      transactionId: "strange-1",
      theirs: "39.80",
      currency: "CNY",
      theirStatus: "SUCCESS",
      line: 2,
      exceptionId: expect.stringMatching(/^exc_/),
    },
  ]);
  expect(read.body.nextCursor).toBeNull();
  expect(listed.body.reconciliations).toMatchObject([{ id }]);
  expect((await get(`/admin/reconciliations?cursor=${listed.body.nextCursor}`)).body.reconciliations).toEqual([]);
  const { body } = await get(`/admin/exceptions/${read.body.differences[0].exceptionId}`);
  expect(body.exception).toMatchObject({ kind: "unmatched_payment", state: "open", evidence: id });
});

test("the metrics say when each provider was last compared, and how much differs", async () => {
  const { text } = await shop.ask("GET", "/metrics");

  expect(text).toMatch(/zhanggui_reconciliation_last_success_timestamp\{.*provider="gate".*\} \d{10}/);
  expect(text).toMatch(/zhanggui_reconciliation_differences\{.*provider="gate".*\} 1/);
});

test("differences come in pages", async () => {
  gateway.lines("payment,p1,s1,,1,0,SUCCESS,2026-11-19T12:00:00Z", "payment,p2,s2,,1,0,SUCCESS,2026-11-19T12:00:00Z");
  const { body } = await post({ ...request, date: "2026-11-19" });
  await reconcileDue(shop.deps.engine);
  const path = `/admin/reconciliations/${body.reconciliation.id}?limit=1`;

  const first = await get(path);
  const second = await get(`${path}&cursor=${first.body.nextCursor}`);

  expect([first, second].map((page) => page.body.differences[0].key)).toEqual(["s1", "s2"]);
});

test("a viewer cannot ask for one, and nobody for what cannot be done", async () => {
  expectProblem(await post(request, viewer), 403, "forbidden");
  expectProblem(await post({ ...request, reason: "" }), 422, "invalid_input");
  expectProblem(await post({ ...request, date: "yesterday" }), 422, "invalid_input");
  expectProblem(await post({ ...request, provider: "mock" }), 409, "gateway_not_callable");
  expectProblem(await get("/admin/reconciliations/rec_0"), 404, "not_found");
});
