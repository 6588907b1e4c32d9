import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { noticeOf } from "../../src/event-key.ts";
import type { CallbackRequest, Clock, Gateway, RefusalReason, Verification } from "../../src/gateway.ts";
import { incomingOnly } from "../../src/incoming-only.ts";
import { freshnessOf } from "../../src/reading/freshness.ts";
import { mediaTypeOf } from "../../src/reading/media-type.ts";
import { readStrictJson } from "../../src/reading/strict-json.ts";

const freshnessSeconds = 300;
const hexDigest = /^[0-9a-f]{64}$/;
const statuses = new Map([
  ["PAID", "succeeded"],
  ["WAITING", "processing"],
  ["GIVEN_UP", "cancelled"],
] as const);

const account = z.strictObject({
  kind: z.literal("coin-box"),
  boxId: z.string().min(1),
  secret: z.string().min(1),
});
type CoinBoxAccount = z.infer<typeof account>;

const id = z.string().regex(/^[\x21-\x7e]{1,64}$/);
const body = z.object({ box: z.string(), order: id, coin: id.optional(), cents: z.int().min(1), state: z.string() });

/** Coin Box: JSON under `coinbox-signature`, the HMAC-SHA256 of `time.body`, and `coinbox-time` in unix seconds. */
export const coinBox: Gateway<CoinBoxAccount> = {
  account,
  verify,
  acknowledge: {
    accepted: { status: 200, contentType: "text/plain", body: "clink" },
    refused: (status, message) => ({ status, contentType: "text/plain", body: message }),
  },
  calls: incomingOnly,
};

function verify({ boxId, secret }: CoinBoxAccount, request: CallbackRequest, { now }: Clock): Verification {
  if (mediaTypeOf(request.headers["content-type"]) !== "application/json") return refuse("unsupported_media_type");
  const time = request.headers["coinbox-time"] ?? "";
  const signature = request.headers["coinbox-signature"] ?? "";
  const freshness = freshnessOf(time, now, freshnessSeconds);
  if (freshness !== "fresh") return refuse(freshness);

  const expected = createHmac("sha256", secret).update(`${time}.`).update(request.body).digest();
  const isGenuine = hexDigest.test(signature) && timingSafeEqual(Buffer.from(signature, "hex"), expected);
  if (!isGenuine) return refuse("signature_invalid");

  const said = body.safeParse(readStrictJson(request.body)).data;
  if (said === undefined) return refuse("malformed");
  if (said.box !== boxId) return refuse("foreign_merchant");
  return read(said);
}

function read({ order, coin, cents, state }: z.infer<typeof body>): Verification {
  const status = [...statuses].find(([word]) => word === state)?.[1] ?? "unknown";
  if (status === "succeeded" && coin === undefined) return refuse("malformed");
  const transaction = coin === undefined ? {} : { transactionId: coin };
  const facts = { eventType: "payment", outTradeNo: order, amountMinor: cents, currency: "CNY", status } as const;
  return { ok: true, notice: noticeOf({ ...facts, ...transaction, rawStatus: state }), verifiedBy: "secret" };
}

function refuse(reason: RefusalReason): Verification {
  return { ok: false, reason };
}
