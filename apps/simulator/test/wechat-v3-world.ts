import { randomBytes } from "node:crypto";

import { Decimal } from "@zhanggui/domain";
import { type Account, type PayCall, gatewayOf, verifyCallback } from "@zhanggui/gateways";
import { Wechatpay } from "wechatpay-axios-plugin";

import { wechat } from "../src/development/wechat.ts";
import type { KeysOf } from "../src/keys/gateway-keys.ts";
import type { AccountOf } from "../src/vendors/vendor.ts";
import { type World, type WorldOptions, startWorld } from "./harness.ts";

const provider = "wechat";

export type WechatPair = { readonly account: AccountOf<"wechat-v3">; readonly keys: KeysOf<"wechat-v3"> };

/** A merchant with a public key and a certificate of WeChat's, as `start` makes it. */
export async function makePair(): Promise<WechatPair> {
  const { account, keys } = await wechat.make({ baseUrl: "http://127.0.0.1:9", now: new Date(Date.now() - 60_000) });
  if (account.kind !== "wechat-v3" || keys?.kind !== "wechat-v3") throw new Error("not an account of WeChat Pay v3");
  return { account, keys };
}

export type WechatWorld = World & {
  /** The merchant's account, at the simulator's address. */
  readonly account: AccountOf<"wechat-v3">;
  readonly calls: ReturnType<typeof gatewayOf>["calls"];
  readonly outside: { readonly fetch: typeof fetch; readonly now: () => Date };
  /** A payment to open under this number, notified to the receiver. */
  readonly paying: (outTradeNo: string, overrides?: Partial<PayCall>) => PayCall;
  readonly play: (outTradeNo: string, instruction: object) => Promise<Response>;
  readonly endRefunds: (outTradeNo: string, end: string) => Promise<Response>;
};

export async function startWechat(
  { account: made, keys }: WechatPair,
  options: WorldOptions = {},
): Promise<WechatWorld> {
  const world = await startWorld({
    providers: new Map<string, Account>([[provider, made]]),
    keys: new Map([[provider, keys]]),
    ...options,
  });
  const { simulator, receiver } = world;
  const now = options.now ?? (() => new Date());
  const account = { ...made, baseUrl: `${simulator.url}/gateways/${provider}` };
  const control = (path: string, body: object) =>
    fetch(`${simulator.url}/control/${provider}/payments/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    ...world,
    account,
    calls: gatewayOf(account).calls,
    outside: { fetch, now },
    paying: (outTradeNo, overrides = {}) => ({
      outTradeNo,
      startedAt: now(),
      expiresAt: new Date(now().getTime() + 60_000),
      amount: new Decimal("39.80"),
      currency: "CNY",
      subject: "龙井茶 × 2, 特级",
      notifyUrl: receiver.url,
      returnUrl: "http://127.0.0.1/shop",
      ...overrides,
    }),
    play: (outTradeNo, instruction) => control(outTradeNo, instruction),
    endRefunds: (outTradeNo, end) => control(`${outTradeNo}/refunds`, { end }),
  };
}

/** What `verifyCallback` makes of the notice that came at this place. */
export async function verifiedBy({ account, receiver }: WechatWorld, index: number) {
  const request = receiver.received[index];
  if (!request) throw new Error(`notice ${index} did not come`);
  return verifyCallback(account, request, { now: new Date(), production: true });
}

/** The number of an order as merchants make them: unique, 32 letters and digits at most. */
export function newNumber(): string {
  return `P${randomBytes(8).toString("hex")}`;
}

/** A client of another make. It verifies what is answered with the keys that it was given, and throws otherwise. */
export function sdkOf({ account }: WechatWorld, serials: readonly string[] = Object.keys(account.keys)): Wechatpay {
  const certs = Object.entries(account.keys).filter(([serial]) => serials.includes(serial));
  return new Wechatpay({
    baseURL: `${account.baseUrl}/`,
    mchid: account.mchid,
    serial: account.merchantSerial,
    privateKey: account.merchantPrivateKey,
    certs: Object.fromEntries(certs.map(([serial, { pem }]) => [serial, pem])),
  });
}
