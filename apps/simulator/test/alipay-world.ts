import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Decimal } from "@zhanggui/domain";
import { type PayCall, type RefundCall, gatewayOf, verifyCallback } from "@zhanggui/gateways";
import { createLogger } from "@zhanggui/runtime";

import { alipay } from "../src/development/alipay.ts";
import { startSimulator } from "../src/index.ts";
import type { AlipayAccount } from "../src/vendors/alipay/house.ts";
import { type Reply, startReceiver } from "./receiver.ts";

const success: Reply = { status: 200, body: "success" };

export type AlipayWorldOptions = {
  readonly reply?: (count: number) => Reply;
  readonly speed?: number;
  readonly now?: () => Date;
};

export type AlipayWorld = Awaited<ReturnType<typeof startAlipay>>;

/** A simulator that plays one Alipay account with new keys, and a receiver for its notices. */
export async function startAlipay({ reply = () => success, ...options }: AlipayWorldOptions = {}) {
  const { account: merchant, keys } = await alipay.make({ baseUrl: "", now: new Date() });
  if (merchant.kind !== "alipay" || keys === undefined) throw new Error("not an account of Alipay");
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-alipay-"));
  const receiver = await startReceiver(reply);
  const { now = () => new Date(), speed = 1_000 } = options;
  const simulator = await startSimulator({
    providers: new Map([["alipay", merchant]]),
    keys: new Map([["alipay", keys]]),
    directory,
    speed,
    apiUrl: "http://127.0.0.1:9",
    jwtSecret: undefined,
    logger: createLogger("simulator", "silent"),
    now,
  });
  const account: AlipayAccount = { ...merchant, baseUrl: `${simulator.url}/gateways/alipay` };
  const control = `${simulator.url}/control/alipay/payments`;
  const post = (path: string, instruction: object) =>
    fetch(`${control}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(instruction),
    });
  return {
    account,
    keys,
    receiver,
    url: simulator.url,
    calls: gatewayOf(account).calls,
    outside: { fetch, now },
    paying: (outTradeNo: string, overrides: Partial<PayCall> = {}): PayCall => ({
      outTradeNo,
      startedAt: now(),
      expiresAt: new Date(now().getTime() + 600_000),
      amount: new Decimal("39.80"),
      currency: "CNY",
      subject: "龙井茶 × 2",
      notifyUrl: receiver.url,
      returnUrl: "http://127.0.0.1/shop",
      ...overrides,
    }),
    refunding: (outTradeNo: string, outRefundNo: string, amount: string): RefundCall => ({
      outTradeNo,
      transactionId: "",
      outRefundNo,
      requestedAt: now(),
      amount: new Decimal("39.80"),
      refundAmount: new Decimal(amount),
      currency: "CNY",
      reason: "七天无理由",
      notifyUrl: receiver.url,
    }),
    /** As a phone that scanned the code, or a browser that was led there. */
    visit: (outTradeNo: string) => fetch(`${simulator.url}/cashier/alipay/${outTradeNo}`),
    play: (outTradeNo: string, instruction: object) => post(outTradeNo, instruction),
    endRefunds: (outTradeNo: string, end: string) => post(`${outTradeNo}/refunds`, { end }),
    verified(index: number) {
      const request = receiver.received[index];
      if (!request) throw new Error(`notice ${index} did not come`);
      return verifyCallback(account, request, { now: now(), production: true });
    },
    fieldsOf: (index: number): Readonly<Record<string, string>> =>
      Object.fromEntries(new URLSearchParams(new TextDecoder().decode(receiver.received[index]?.body))),
    async stop() {
      await simulator.stop();
      await receiver.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export function newNumber(): string {
  return `p_${randomUUID()}`;
}
