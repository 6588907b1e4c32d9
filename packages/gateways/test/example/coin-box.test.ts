import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import type { CallbackRequest } from "../../src/gateway.ts";
import { coinBox } from "./coin-box.ts";

const now = new Date("2026-11-22T04:00:00Z");
const clock = { now, production: true };
const account = { kind: "coin-box", boxId: "b1", secret: "s3cret" } as const;
const paid = { box: "b1", order: "p1", coin: "c1", cents: 1_990, state: "PAID" };

function sign(facts: object, secret: string = account.secret): CallbackRequest {
  const time = `${now.getTime() / 1_000}`;
  const body = Buffer.from(JSON.stringify(facts));
  const signature = createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex");
  const headers = { "content-type": "application/json", "coinbox-time": time, "coinbox-signature": signature };
  return { method: "POST", path: "/callbacks/coins", headers, body };
}

test("the page's gateway refuses what is forged, foreign or malformed", () => {
  const moved = { ...sign(paid), body: Buffer.from(JSON.stringify({ ...paid, cents: 1 })) };

  expect(coinBox.verify(account, moved, clock)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(coinBox.verify(account, sign(paid, "theirs"), clock)).toEqual({ ok: false, reason: "signature_invalid" });
  expect(coinBox.verify(account, sign({ ...paid, box: "b2" }), clock)).toEqual({
    ok: false,
    reason: "foreign_merchant",
  });
  expect(coinBox.verify(account, sign({ ...paid, cents: "19.90" }), clock)).toEqual({ ok: false, reason: "malformed" });
});

test("the page's gateway reads what is genuine", () => {
  expect(coinBox.verify(account, sign(paid), clock)).toMatchObject({
    ok: true,
    notice: { outTradeNo: "p1", transactionId: "c1", amountMinor: 1_990, status: "succeeded" },
    verifiedBy: "secret",
  });
  expect(coinBox.verify(account, sign({ ...paid, state: "MELTED" }), clock)).toMatchObject({
    notice: { status: "unknown", rawStatus: "MELTED" },
  });
});

test("the page shows this very gateway", async () => {
  const page = await readFile(new URL("../../../../docs/adding-a-gateway.md", import.meta.url), "utf8");
  const code = await readFile(new URL("coin-box.ts", import.meta.url), "utf8");
  const [, shown] = /```ts\n(import [^]*?)```/.exec(page) ?? [];

  expect(shown).toBe(code);
});
