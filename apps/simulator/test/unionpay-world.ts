import { X509Certificate, createHash, randomBytes, sign } from "node:crypto";

import { Decimal } from "@zhanggui/domain";
import { type Account, type PayCall, gatewayOf, verifyCallback } from "@zhanggui/gateways";

import { unionpay } from "../src/development/unionpay.ts";
import type { KeysOf } from "../src/keys/gateway-keys.ts";
import type { AccountOf } from "../src/vendors/vendor.ts";
import { type World, type WorldOptions, startWorld } from "./harness.ts";

const provider = "unionpay";

export type UnionpayPair = { readonly account: AccountOf<"unionpay">; readonly keys: KeysOf<"unionpay"> };
export type Fields = Readonly<Record<string, string>>;

/** A merchant and UnionPay's certificate of one chain, as `start` makes them. */
export async function makePair(): Promise<UnionpayPair> {
  const { account, keys } = await unionpay.make({ baseUrl: "http://127.0.0.1:9", now: new Date(Date.now() - 60_000) });
  if (account.kind !== "unionpay" || keys?.kind !== "unionpay") throw new Error("not an account of UnionPay");
  return { account, keys };
}

export type UnionpayWorld = World & {
  /** The merchant's account, at the simulator's address. */
  readonly account: AccountOf<"unionpay">;
  readonly calls: ReturnType<typeof gatewayOf>["calls"];
  readonly outside: { readonly fetch: typeof fetch; readonly now: () => Date };
  /** A payment of this number, started when the world was, and notified to the receiver. */
  readonly paying: (outTradeNo: string, overrides?: Partial<PayCall>) => PayCall;
  /** The signed form that the shop's page has for the buyer. */
  readonly formOf: (call: PayCall) => Promise<{ readonly url: string; readonly fields: Fields }>;
  /** Opens a payment as the buyer's browser does, and answers its number. */
  readonly open: (overrides?: Partial<PayCall>) => Promise<string>;
  readonly play: (outTradeNo: string, instruction: object) => Promise<Response>;
  readonly endRefunds: (outTradeNo: string, end: string) => Promise<Response>;
  /** Posts to a service of UnionPay's and answers the fields as they were written. */
  readonly ask: (service: string, fields: Fields) => Promise<Fields>;
};

export async function startUnionpay(pair: UnionpayPair, options: WorldOptions = {}): Promise<UnionpayWorld> {
  const world = await startWorld({
    providers: new Map<string, Account>([[provider, pair.account]]),
    keys: new Map([[provider, pair.keys]]),
    ...options,
  });
  const { simulator, receiver } = world;
  const now = options.now ?? (() => new Date());
  const account = { ...pair.account, baseUrl: `${simulator.url}/gateways/${provider}` };
  const { calls } = gatewayOf(account);
  const outside = { fetch, now };
  const startedAt = now();
  const control = (path: string, body: object) =>
    fetch(`${simulator.url}/control/${provider}/payments/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const paying: UnionpayWorld["paying"] = (outTradeNo, overrides = {}) => ({
    outTradeNo,
    startedAt,
    expiresAt: new Date(startedAt.getTime() + 30 * 60_000),
    amount: new Decimal("39.80"),
    currency: "CNY",
    subject: "龙井茶 × 2, 特级",
    notifyUrl: receiver.url,
    returnUrl: "http://shop.example/thanks?order=1",
    ...overrides,
  });
  const formOf: UnionpayWorld["formOf"] = async (call) => {
    const { action } = await calls.pay(account, call, outside).then((answer) => {
      if (answer.kind !== "created") throw new Error(answer.why);
      return answer;
    });
    return { url: action.url ?? "", fields: action.fields ?? {} };
  };
  return {
    ...world,
    account,
    calls,
    outside,
    paying,
    formOf,
    async open(overrides = {}) {
      const outTradeNo = newNumber();
      const { url, fields } = await formOf(paying(outTradeNo, overrides));
      const response = await post(url, fields);
      if (response.status !== 303) throw new Error(await response.text());
      return outTradeNo;
    },
    play: control,
    endRefunds: (outTradeNo, end) => control(`${outTradeNo}/refunds`, { end }),
    async ask(service, fields) {
      const response = await post(`${account.baseUrl}/gateway/api/${service}.do`, fields);
      const fieldOf = (text: string) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] as const;
      return Object.fromEntries((await response.text()).split("&").map(fieldOf));
    },
  };
}

/** As a browser posts a form; where it is led is not followed. */
export function post(url: string, fields: Fields, headers: Fields = {}): Promise<Response> {
  return fetch(url, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
}

/** What is signed, in UnionPay's words: written once more, from node:crypto alone. */
export function hexDigest(fields: Fields): string {
  const names = Object.keys(fields).filter((name) => name !== "signature" && fields[name] !== "");
  const text = names
    .toSorted()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return createHash("sha256").update(text).digest("hex");
}

/** A request in the merchant's name, with any words. */
export function signedByMerchant({ account }: Pick<UnionpayPair, "account">, words: Fields): Fields {
  const fields = {
    version: "5.1.0",
    encoding: "UTF-8",
    signMethod: "01",
    accessType: "0",
    bizType: "000201",
    channelType: "07",
    merId: account.merId,
    certId: BigInt(`0x${new X509Certificate(account.signCert).serialNumber}`).toString(),
    ...words,
  };
  const signature = sign("RSA-SHA256", Buffer.from(hexDigest(fields)), account.signPrivateKey).toString("base64");
  return { ...fields, signature };
}

/** `yyyyMMddHHmmss` of Beijing. */
export function beijing(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replaceAll(/\D/g, "");
}

/** What `verifyCallback` makes of the notice that came at this place. */
export async function verifiedBy({ account, receiver, outside }: UnionpayWorld, index: number) {
  const request = receiver.received[index];
  if (!request) throw new Error(`notice ${index} did not come`);
  return verifyCallback(account, request, { now: outside.now(), production: true });
}

export function newNumber(): string {
  return `P${randomBytes(8).toString("hex")}`;
}
