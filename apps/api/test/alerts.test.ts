import { alertMessages, alerts, refusedCallbacks, transact } from "@zhanggui/db";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { success } from "./notices.ts";
import { expectProblem } from "./problem.ts";
import { type Shop, openShop, placeOrder, putProduct } from "./shop.ts";
import { operator, viewer } from "./tokens.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await transact(shop.deps.engine.db, async (tx) => {
    const { key, kind, severity, facts, path, first_at } = await alerts.begin(tx, {
      key: "provider_silent:mock",
      kind: "provider_silent",
      severity: "warning",
      facts: { provider: "mock" },
      path: "/dashboard/providers",
    });
    const since = first_at.toISOString();
    const content = { key, kind, event: "firing", severity, facts, path, since, at: since } as const;
    await alertMessages.add(tx, { id: "msg_1", channel: "slack-00000000", content });
  });
});
afterAll(() => shop.close());

const path = "/admin/alerts/provider_silent%3Amock/acknowledge";

describe("alerts", () => {
  test("are shown to a viewer, with their messages", async () => {
    const { status, body } = await shop.ask("GET", "/admin/alerts?state=firing", { token: viewer });

    expect(status).toBe(200);
    expect(body.alerts).toMatchObject([
      {
        key: "provider_silent:mock",
        state: "firing",
        severity: "warning",
        facts: { provider: "mock" },
        count: 1,
        acknowledgedBy: null,
        messages: [{ id: "msg_1", channel: "slack-00000000", event: "firing", state: "waiting", attempts: 0 }],
      },
    ]);
    expect((await shop.ask("GET", "/admin/alerts?state=resolved", { token: viewer })).body.alerts).toEqual([]);
  });

  test("are acknowledged by an operator who says why", async () => {
    expectProblem(await shop.ask("POST", path, { token: viewer, json: { reason: "mine" } }), 403, "forbidden");
    expectProblem(await shop.ask("POST", path, { token: operator, json: {} }), 422, "invalid_input");
    expectProblem(
      await shop.ask("POST", "/admin/alerts/nothing/acknowledge", { token: operator, json: { reason: "mine" } }),
      404,
      "not_found",
    );

    const { status, body } = await shop.ask("POST", path, { token: operator, json: { reason: "mine" } });

    expect(status).toBe(200);
    expect(body.alert).toMatchObject({ acknowledgedBy: "operator-1", acknowledgeReason: "mine", state: "firing" });
  });

  test("are in the metrics", async () => {
    const { text } = await shop.ask("GET", "/metrics");

    expect(text).toMatch(/zhanggui_alerts\{kind="provider_silent",severity="warning",process="api"\} 1/);
    expect(text).toMatch(/zhanggui_alert_messages\{state="waiting",process="api"\} 1/);
  });
});

describe("callbacks that are refused as not authentic", () => {
  test("are counted, WeChat Pay's probes and unreadable ones are not", async () => {
    await putProduct(shop, "tea");
    const { payment } = await placeOrder(shop, "tea");
    const forged = { ...success(payment), amount: "0.01" };
    for (let one = 0; one < 3; one += 1) await shop.ask("POST", "/callbacks/mock", { json: forged });
    const probe = { "wechatpay-signature": "WECHATPAY/SIGNTEST/abc" };
    expect((await shop.ask("POST", "/callbacks/mock", { json: forged, headers: probe })).status).toBe(401);
    await shop.ask("POST", "/callbacks/mock", { body: "{", headers: { "content-type": "application/json" } });
    await shop.ask("POST", "/callbacks/nobody", { json: forged });

    await shop.deps.refusals.close();
    await shop.ask("POST", "/callbacks/mock", { json: forged });
    await shop.deps.refusals.close();

    expect([...(await refusedCallbacks.since(shop.deps.engine.db, 5))]).toEqual([["mock", 4]]);
  });
});
