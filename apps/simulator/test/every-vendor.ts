import { Decimal } from "@zhanggui/domain";
import { type PayCall, gatewayOf, readProviders } from "@zhanggui/gateways";
import { z } from "zod";

import { makeDevelopmentAccounts } from "../src/development/index.ts";
import { type World, secret, startWorld } from "./harness.ts";

export const vendors = ["hmac", "wechat", "alipay", "unionpay", "stripe"] as const;

const looked = z.object({
  payment: z.object({
    transactionId: z.string(),
    paidAgain: z.array(z.object({ transactionId: z.string() })).default([]),
  }),
  refunds: z.array(z.object({ standing: z.object({ status: z.string() }) })),
  deliveries: z.array(
    z.object({
      facts: z.object({ outRefundNo: z.string().optional(), transactionId: z.string(), amount: z.string() }),
    }),
  ),
});

type Refunding = { readonly transactionId: string; readonly outRefundNo: string; readonly amount: string };

export type EveryVendor = World & Awaited<ReturnType<typeof sidesOf>>;

/** A simulator that plays the development accounts, and the shop's own side of each. */
export async function startEveryVendor(): Promise<EveryVendor> {
  const accounts = await makeDevelopmentAccounts({
    gatewaysUrl: "http://127.0.0.1:9/gateways",
    mockSecret: secret,
    now: new Date(),
  });
  const reading = readProviders(JSON.stringify(accounts.providers), false);
  if (!reading.ok) throw new Error(reading.problems.join());
  const world = await startWorld({ providers: reading.providers, keys: new Map(Object.entries(accounts.keys)) });
  return { ...world, ...sidesOf(world, accounts) };
}

function sidesOf(world: World, accounts: Awaited<ReturnType<typeof makeDevelopmentAccounts>>) {
  const outside = { fetch, now: () => new Date() };
  const address = (provider: string, outTradeNo: string) =>
    `${world.simulator.url}/control/${provider}/payments/${outTradeNo}`;

  function accountOf(provider: string) {
    const made = accounts.providers[provider];
    if (made === undefined) throw new Error(`no account ${provider}`);
    return { ...made, baseUrl: `${world.simulator.url}/gateways/${provider}` };
  }

  return {
    /** The shop's own side of a gateway, with a payment of 39.80 that it has opened and whose buyer has come. */
    async openAt(provider: string, outTradeNo: string) {
      const account = accountOf(provider);
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
      // Some gateways know of no payment before.
      else if (url.startsWith(world.simulator.url)) await fetch(url);
      return {
        query: async () => (await calls.query(account, paying, outside)).kind,
        close: async () => (await calls.close(account, paying, outside)).kind,
        refund: ({ amount, ...numbers }: Refunding) => {
          const asked = { requestedAt: new Date(), refundAmount: new Decimal(amount), reason: "test" };
          return calls.refund(account, { ...paying, ...numbers, ...asked }, outside);
        },
      };
    },
    async play(provider: string, outTradeNo: string, instruction: object) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(instruction);
      const response = await fetch(address(provider, outTradeNo), { method: "POST", headers, body });
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    },
    async lookAt(provider: string, outTradeNo: string) {
      return looked.parse(await (await fetch(address(provider, outTradeNo))).json());
    },
  };
}
