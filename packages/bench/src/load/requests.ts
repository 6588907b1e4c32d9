import { randomUUID } from "node:crypto";

import { sign } from "@zhanggui/gateways";
import { SignJWT } from "jose";

import { jwtSecret, price, provider, providerSecret, skuOf } from "../shop.ts";
import type { LoadRequest } from "./load.ts";

/** One order each of so many customers. */
export function orderRequests(tag: string, count: number): Promise<readonly LoadRequest[]> {
  const key = new TextEncoder().encode(jwtSecret);
  const requests = Array.from({ length: count }, async (_, index): Promise<LoadRequest> => {
    const token = await new SignJWT({ role: "customer" })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(`customer-${tag}-${index}`)
      .setExpirationTime("1h")
      .sign(key);
    return {
      method: "POST",
      path: "/orders",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ items: [{ sku: skuOf(index), quantity: 1 }], provider }),
    };
  });
  return Promise.all(requests);
}

/** A signed success for each trade number, as a gateway of the `hmac` scheme sends it. */
export function callbackRequests(outTradeNos: readonly string[], now: Date): readonly LoadRequest[] {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return outTradeNos.map((outTradeNo) => {
    const fields = new Map([
      ["out_trade_no", outTradeNo],
      ["transaction_id", transactionIdOf(outTradeNo)],
      ["amount", price],
      ["status", "SUCCESS"],
      ["timestamp", timestamp],
      ["nonce", randomUUID()],
    ]);
    fields.set("sign", sign(fields, providerSecret));
    return {
      method: "POST",
      path: `/callbacks/${provider}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(fields)),
    };
  });
}

export function transactionIdOf(outTradeNo: string): string {
  return `T${outTradeNo}`;
}
