import { Decimal } from "@zhanggui/domain";
import { type PayCall, gatewayOf, readProviders } from "@zhanggui/gateways";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { makeDevelopmentAccounts } from "../src/development/index.ts";
import { type World, startWorld } from "./harness.ts";
import { endOf, runOf } from "./play-script.ts";

const providers = ["hmac", "wechat", "alipay", "unionpay", "stripe"] as const;

let world: World;
let accounts: Awaited<ReturnType<typeof makeDevelopmentAccounts>>;
beforeAll(async () => {
  accounts = await makeDevelopmentAccounts({
    gatewaysUrl: "http://127.0.0.1:9/gateways",
    mockSecret: "a secret that only the gateway and the shop know",
    now: new Date(),
  });
  const reading = readProviders(JSON.stringify(accounts.providers), false);
  if (!reading.ok) throw new Error(reading.problems.join());
  world = await startWorld({ providers: reading.providers, keys: new Map(Object.entries(accounts.keys)) });
});
afterAll(() => world.stop());

const outside = { fetch, now: () => new Date() };

/** The shop's own side of a gateway, with a payment that it has opened. */
async function openAt(provider: string, outTradeNo: string) {
  const made = accounts.providers[provider];
  if (made === undefined) throw new Error(`no account ${provider}`);
  const account = { ...made, baseUrl: `${world.simulator.url}/gateways/${provider}` };
  const { calls } = gatewayOf(account);
  const startedAt = new Date();
  const paying: PayCall = {
    outTradeNo,
    startedAt,
    expiresAt: new Date(startedAt.getTime() + 60 * 60_000),
    amount: new Decimal("39.80"),
    currency: "CNY",
    subject: "tea",
    notifyUrl: world.receiver.url,
    returnUrl: "http://shop.example/thanks",
  };
  const opened = await calls.pay(account, paying, outside);
  if (opened.kind !== "created") throw new Error(opened.why);
  const { type, url = "", fields } = opened.action;
  if (type === "form") await fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  // The buyer comes: some gateways know of no payment before.
  else if (url.startsWith(world.simulator.url)) await fetch(url);
  return {
    query: async () => (await calls.query(account, paying, outside)).kind,
    close: async () => (await calls.close(account, paying, outside)).kind,
    refund: async (transactionId: string) =>
      (
        await calls.refund(
          account,
          {
            ...paying,
            transactionId,
            outRefundNo: `${outTradeNo}R`,
            requestedAt: new Date(),
            refundAmount: new Decimal("10.00"),
            reason: "test",
          },
          outside,
        )
      ).kind,
  };
}

async function play(provider: string, outTradeNo: string, script: object | string) {
  const url = `${world.simulator.url}/control/${provider}/payments/${outTradeNo}/script`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ script }) });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return endOf(world, (await runOf(response)).id);
}

function answering(call: string, ...ways: readonly string[]) {
  return { steps: ways.map((way) => ({ do: "answer", call, with: way })) };
}

describe.each(providers)("%s", (provider) => {
  test("queries that are lost, refused or know nothing reach the shop as such, and the next one finds", async () => {
    const { query } = await openAt(provider, `${provider}Query00001`);
    const seen: string[] = [];

    for (const way of ["lose", "error", "not_found"]) {
      await play(provider, `${provider}Query00001`, answering("query", way));
      seen.push(await query());
    }

    expect(seen).toEqual(["unknown", "unknown", "not_found"]);
    expect(await query()).toBe("found");
  });

  test("a refund whose answer is lost was made, and asking again with its number makes no other", async () => {
    const outTradeNo = `${provider}Refund0001`;
    const { refund } = await openAt(provider, outTradeNo);
    await play(provider, outTradeNo, "pay");
    const { payment } = await lookAt(provider, outTradeNo);
    await play(provider, outTradeNo, answering("refund", "lose"));

    expect(await refund(payment.transactionId)).toBe("unknown");
    expect((await lookAt(provider, outTradeNo)).refunds).toHaveLength(1);
    await refund(payment.transactionId);
    expect((await lookAt(provider, outTradeNo)).refunds).toHaveLength(1);
  });

  test("the buyer can be charged twice under one number", async () => {
    const outTradeNo = `${provider}Twice00001`;
    await openAt(provider, outTradeNo);
    const run = await play(provider, outTradeNo, "pay-twice");

    expect(run.steps.map(({ state }) => state)).toEqual(["done", "done"]);
    expect((await lookAt(provider, outTradeNo)).payment.paidAgain).toHaveLength(1);
  });
});

describe.each(providers.filter((provider) => provider !== "unionpay"))("closing at %s", (provider) => {
  test("the buyer pays at the moment of the close, and the shop hears that it is paid", async () => {
    const { close } = await openAt(provider, `${provider}Close00001`);
    await play(provider, `${provider}Close00001`, "paid-on-close");

    expect(await close()).toBe("paid");
  });
});

const lookedSchema = z.object({
  payment: z.object({ transactionId: z.string(), paidAgain: z.array(z.unknown()).optional() }),
  refunds: z.array(z.unknown()),
});

async function lookAt(provider: string, outTradeNo: string) {
  const response = await fetch(`${world.simulator.url}/control/${provider}/payments/${outTradeNo}`);
  return lookedSchema.parse(await response.json());
}
