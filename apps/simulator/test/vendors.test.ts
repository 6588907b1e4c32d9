import type { Account } from "@zhanggui/gateways";
import { createLogger } from "@zhanggui/runtime";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";

import { createArmed } from "../src/calls/armed.ts";
import { gatewayRoutes } from "../src/gateway-routes.ts";
import { hmac } from "../src/vendors/hmac/index.ts";
import { type PlayedProvider, playAccounts } from "../src/vendors/play-accounts.ts";
import type { vendors } from "../src/vendors/registry.ts";
import { account, startWorld } from "./harness.ts";
import { type OpenDesk, openDesk } from "./open-desk.ts";

let desk: OpenDesk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.stop());

const unplayed: Account = { kind: "standard-webhooks", secret: "whsec_c2VjcmV0", tolerance: 300 };

test("an account whose gateway cannot be played is left out, and its address is not found", async () => {
  const providers = new Map<string, Account>([
    ["mock", account],
    ["other", unplayed],
  ]);

  const played = playAccounts({
    providers,
    keys: new Map(),
    book: desk.book,
    logger: createLogger("simulator", "silent"),
  });
  const world = await startWorld({ providers });
  const response = await fetch(`${world.simulator.url}/gateways/other/pay`, { method: "POST" });
  await world.stop();

  expect([...played.keys()]).toEqual(["mock"]);
  expect(response.status).toBe(404);
});

test("a vendor of another account does not compile", () => {
  // @ts-expect-error -- The hmac vendor reads a secret, which an account of UnionPay has not.
  const wrong: typeof vendors = { unionpay: hmac };

  expect(Object.keys(wrong)).toEqual(["unionpay"]);
});

/** A vendor whose form leads the browser on, as UnionPay's does. */
const front: PlayedProvider = {
  look: "plain",
  numbers: { transactionId: () => "t1", refundId: () => "r1" },
  scheme: { write: () => ({ headers: {}, body: "" }), isAcknowledged: () => true, ladderSeconds: [] },
  openRoutes: () =>
    new Hono()
      .post("/front", (c) => c.redirect(`${new URL(c.req.url).origin}/cashier/front/1`, 303))
      .post("/away", (c) => c.redirect("https://elsewhere.example/cashier/1", 303)),
};

test("a way back within this server is handed on to the cashier, another never", async () => {
  const app = gatewayRoutes({ ...desk, armed: createArmed(), played: new Map([["front", front]]) });
  const ledBy = async (path: string) => (await app.request(path, { method: "POST" })).headers.get("location");

  expect(await ledBy("/front/front?return=/shop/orders/1")).toBe("/cashier/front/1?return=%2Fshop%2Forders%2F1");
  expect(await ledBy("/front/front?return=//evil.example/")).toBe("http://localhost/cashier/front/1");
  expect(await ledBy("/front/away?return=/shop/orders/1")).toBe("https://elsewhere.example/cashier/1");
});

test("a body over 64 KiB is refused before any vendor reads it", async () => {
  const app = gatewayRoutes({ ...desk, armed: createArmed(), played: new Map([["front", front]]) });

  const response = await app.request("/front/front", { method: "POST", body: "x".repeat(65_537) });

  expect(response.status).toBe(413);
});
