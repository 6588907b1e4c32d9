import { text } from "node:stream/consumers";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { StripeAccount } from "../src/stripe/account.ts";
import { stripeCalls } from "../src/stripe/calls.ts";
import { type GatewayServer, startGateway } from "./support/gateway-server.ts";
import { account as keys, now } from "./support/stripe-events.ts";

let gateway: GatewayServer;
let account: StripeAccount;
beforeAll(async () => {
  gateway = await startGateway();
  account = { ...keys, baseUrl: gateway.url };
});
afterAll(() => gateway.stop());

const created = Date.parse("2026-11-21T15:59:59Z") / 1000;
const metadata = { out_trade_no: "p_1" };
const charge = {
  id: "txn_1",
  created,
  currency: "cny",
  amount: 3980,
  fee: 24,
  net: 3956,
  reporting_category: "charge",
  description: '龙井, "明前"',
  source: { id: "ch_1", object: "charge", payment_intent: "pi_1", payment_method_details: { type: "card" }, metadata },
};
const refund = {
  ...charge,
  id: "txn_2",
  amount: -500,
  fee: 0,
  net: -500,
  reporting_category: "refund",
  description: null,
  source: {
    id: "re_1",
    object: "refund",
    charge: "ch_1",
    payment_intent: "pi_1",
    metadata: { ...metadata, out_refund_no: "r_1" },
  },
};
const payout = { ...refund, id: "txn_3", reporting_category: "payout", source: { id: "po_1", object: "payout" } };
const fee = { ...refund, id: "txn_4", reporting_category: "fee", source: null };

type Page = { readonly data: readonly unknown[]; readonly has_more: boolean };

/** Answers pages in order, and keeps what was asked. */
function serve(...pages: readonly (Page | number)[]): readonly URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  gateway.handle((request, response) => {
    const page = pages[asked.length] ?? 500;
    asked.push(new URL(request.url ?? "", "http://x").searchParams);
    response.writeHead(typeof page === "number" ? page : 200);
    response.end(JSON.stringify(typeof page === "number" ? { error: { type: "api_error" } } : page));
  });
  return asked;
}

const ask = (date = "2026-11-21") => stripeCalls.statement(account, date, { fetch, now: () => now });

async function fileOf(answer: Awaited<ReturnType<typeof ask>>): Promise<string> {
  if (answer.kind !== "downloaded") throw new Error(answer.why);
  return text(answer.file);
}

test("a statement is the balance's transactions of one UTC day, in the columns of Stripe's own report", async () => {
  const asked = serve({ data: [payout, refund], has_more: true }, { data: [charge, fee], has_more: false });

  const file = await fileOf(await ask());

  expect(file.split("\n")).toEqual([
    "balance_transaction_id,created_utc,created,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,payment_method_type,payment_metadata[out_trade_no],refund_metadata[out_refund_no]",
    "txn_2,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,-5.00,0.00,-5.00,refund,re_1,,ch_1,pi_1,,p_1,r_1",
    'txn_1,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,39.80,0.24,39.56,charge,ch_1,"龙井, ""明前""",ch_1,pi_1,card,p_1,',
    "txn_4,2026-11-21 15:59:59,2026-11-21 15:59:59,cny,-5.00,0.00,-5.00,fee,,,,,,,",
    "",
  ]);
  expect(Object.fromEntries(asked[0] ?? [])).toEqual({
    "created[gte]": String(Date.parse("2026-11-21T00:00:00Z") / 1000),
    "created[lt]": String(Date.parse("2026-11-22T00:00:00Z") / 1000),
    "expand[0]": "data.source",
    limit: "30",
  });
  expect(asked[1]?.get("starting_after")).toBe("txn_2");
});

test.each([
  ["jpy", "3980", "24"],
  ["kwd", "3.980", "0.024"],
  ["usd", "39.80", "0.24"],
])("an amount in %s has the decimals that Stripe counts", async (currency, gross, kept) => {
  serve({ data: [{ ...charge, currency }], has_more: false });

  expect(await fileOf(await ask())).toContain(`,${currency},${gross},${kept},`);
});

test("a day without transactions is a statement of none", async () => {
  serve({ data: [], has_more: false });

  expect((await fileOf(await ask())).split("\n")).toHaveLength(2);
});

test("a day that is not over in UTC is not ready, and nothing is asked", async () => {
  const asked = serve();

  expect(await ask("2026-11-22")).toMatchObject({ kind: "not_ready" });
  expect(asked).toEqual([]);
});

test.each(["2026-02-30", "20261121", "yesterday"])("%s is no day", async (date) => {
  expect(await ask(date)).toMatchObject({ kind: "unknown" });
});

test.each<[string, Page | number]>([
  ["is refused", 401],
  ["cannot be read", { data: [{ ...charge, amount: "39.80" }], has_more: false }],
  ["is of another day", { data: [{ ...charge, created: created + 86_400 }], has_more: false }],
  ["has no end", { data: [], has_more: true }],
])("a first page that %s is unknown", async (_, page) => {
  serve(page);

  expect(await ask()).toMatchObject({ kind: "unknown" });
});

test("a list that breaks off ends in an error, not in an end", async () => {
  serve({ data: [charge], has_more: true }, 500);

  await expect(fileOf(await ask())).rejects.toThrow("broke off");
});
