import { generateKeyPairSync } from "node:crypto";

import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";

import { standardWebhooksAccount } from "../src/standard-webhooks/account.ts";
import {
  type Headers,
  account,
  asymmetric,
  bytesOf,
  check,
  checkBody,
  headersFor,
  now,
  nowSeconds,
  payment,
  publicKeyText,
  reasonOf,
  refund,
  symmetric,
  v1,
  v1a,
} from "./support/standard-webhooks-deliveries.ts";
import { flippedBytes, mutate, randomFrom } from "./support/standard-webhooks-mutations.ts";

const seed = 20_261_122;
const fuzzRuns = 10_000;

const library = new Webhook(account.secret ?? "");
const body = bytesOf(payment);

afterEach(() => {
  vi.useRealTimers();
});

function libraryTakes(bytes: Uint8Array, headers: Headers): boolean {
  vi.useFakeTimers({ now });
  try {
    library.verify(Buffer.from(bytes), headers);
    return true;
  } catch {
    return false;
  }
}

describe("a forged delivery is refused", () => {
  test("whatever single byte of the body is changed under v1a", () => {
    const headers = headersFor(body, { "webhook-signature": v1a(body) });
    const verified = [...flippedBytes(body)].filter((tampered) => check(tampered, headers).ok);

    expect(check(body, headers).ok).toBe(true);
    expect(verified).toEqual([]);
  });

  test("whatever single byte of a v1a signature is changed", () => {
    const tampered = [...flippedBytes(Buffer.from(v1a(body)))].map((bytes) => Buffer.from(bytes).toString("latin1"));
    const verified = tampered.filter((text) => check(body, headersFor(body, { "webhook-signature": text })).ok);

    expect(verified).toEqual([]);
  });

  test.each([
    ["no version", v1(body).slice("v1,".length)],
    ["an empty version", v1(body).slice("v1".length)],
    ["a version we do not know", `v2,${v1(body).slice(3)}`],
    ["an inherited version", `constructor,${v1(body).slice(3)}`],
    ["an upper-case version", `V1,${v1(body).slice(3)}`],
    ["an empty signature", "v1,"],
    ["an hexadecimal signature", `v1,${Buffer.from(v1(body).slice(3), "base64").toString("hex")}`],
    ["a signature without padding", v1(body).replace(/=+$/, "")],
    ["a signature that is cut", `v1,${Buffer.from(v1(body).slice(3), "base64").subarray(1).toString("base64")}`],
    ["a signature and junk after a second comma", `${v1(body)},x`],
    ["another secret", v1(body, "msg_1", nowSeconds, Buffer.from("x".repeat(32)))],
    ["the secret's text for a key", v1(body, "msg_1", nowSeconds, Buffer.from(account.secret ?? ""))],
    ["another private key", v1a(body, "msg_1", nowSeconds, generateKeyPairSync("ed25519").privateKey)],
    ["the signature of another id", v1(body, "msg_2")],
    ["the signature of another time", v1(body, "msg_1", nowSeconds - 1)],
    ["too many entries before", `${"v1,AAAA ".repeat(50)}${v1(body)}`],
    ["the right bytes under the wrong version", `v1a,${v1(body).slice(3)} v1,${v1a(body).slice(4)}`],
  ])("for %s", (_, signature) => {
    expect(reasonOf(check(body, headersFor(body, { "webhook-signature": signature })))).toBe("signature_invalid");
  });

  test("when a public key is taken for an HMAC secret", () => {
    const raw = Buffer.from(publicKeyText.slice("whpk_".length), "base64");

    for (const key of [raw, Buffer.from(publicKeyText), Buffer.alloc(0)]) {
      const headers = headersFor(body, { "webhook-signature": v1(body, "msg_1", nowSeconds, key) });

      expect(reasonOf(check(body, headers, asymmetric))).toBe("signature_invalid");
    }
  });

  test("when the account has no key for the version", () => {
    expect(reasonOf(check(body, headersFor(body), asymmetric))).toBe("signature_invalid");
    expect(reasonOf(check(body, headersFor(body, { "webhook-signature": v1a(body) }), symmetric))).toBe(
      "signature_invalid",
    );
  });

  test("when id and time are cut anew with the same signed text", () => {
    const id = `msg.${nowSeconds}`;
    const headers = headersFor(body, { "webhook-id": "msg", "webhook-signature": v1(body, id) });

    expect(reasonOf(check(Buffer.concat([Buffer.from(`${nowSeconds}.`), body]), headers))).toBe("malformed");
  });

  test("for a byte-order mark put before a signed body", () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);

    expect(reasonOf(check(marked, headersFor(body)))).toBe("signature_invalid");
    expect(check(marked).ok).toBe(true);
  });
});

describe("freshness", () => {
  test.each([
    [0, "verified"],
    [-300, "verified"],
    [300, "verified"],
    [-302, "stale"],
    [302, "stale"],
    [-86_400, "stale"],
    [86_400, "stale"],
  ])("a stamp %d seconds from now is %s", (seconds, reason) => {
    const timestamp = nowSeconds + seconds;
    const headers = headersFor(body, {
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": v1(body, "msg_1", timestamp),
    });

    expect(reasonOf(check(body, headers))).toBe(reason);
  });

  test.each([
    `${nowSeconds}x`,
    `0${nowSeconds}`,
    ` ${nowSeconds}`,
    `${nowSeconds}.0`,
    "-1",
    "NaN",
    "1e9",
    now.toISOString(),
  ])("a stamp of %j is malformed", (timestamp) => {
    const headers = headersFor(body, {
      "webhook-timestamp": timestamp,
      "webhook-signature": v1(body, "msg_1", timestamp),
    });

    expect(reasonOf(check(body, headers))).toBe("malformed");
  });

  test("a tolerance of zero asks for the same second", () => {
    const as = { ...account, tolerance: 0 };
    const late = headersFor(body, {
      "webhook-timestamp": `${nowSeconds - 1}`,
      "webhook-signature": v1(body, "msg_1", nowSeconds - 1),
    });

    expect(check(body, headersFor(body), as).ok).toBe(true);
    expect(reasonOf(check(body, late, as))).toBe("stale");
  });
});

describe("a malformed delivery is refused", () => {
  test.each([
    ["", "nothing"],
    ["null", "null"],
    ["[]", "an array"],
    ['{"type":"payment.succeeded"}', "no data"],
    ['{"data":{}}', "no type"],
    ['{"type":"payment.succeeded","type":"payment.succeeded","data":{}}', "a repeated name"],
    [JSON.stringify(payment).replace('"amount":"39.80"', '"amount":"39.80","amount":"0.01"'), "a repeated amount"],
  ])("%j: %s", (text) => {
    const bytes = Buffer.from(text);

    expect(reasonOf(check(bytes))).toBe("malformed");
  });

  test.each([
    ["amount", 39.8],
    ["amount", "39.800"],
    ["amount", "-1"],
    ["amount", ""],
    ["amount", undefined],
    ["amount", { value: "39.80" }],
    ["out_trade_no", 1],
    ["out_trade_no", ["p_1"]],
    ["out_trade_no", "p 1"],
    ["out_trade_no", undefined],
    ["transaction_id", undefined],
    ["transaction_id", "t".repeat(256)],
    ["transaction_id", null],
    ["currency", "yuan"],
    ["status", true],
    ["refund_status", "SUCCESS"],
  ])("a payment whose %s is %j", (name, value) => {
    expect(reasonOf(checkBody({ ...payment, data: { ...payment.data, [name]: value } }))).toBe("malformed");
  });

  test.each([
    ["out_refund_no", undefined],
    ["refund_amount", undefined],
    ["refund_amount", "1e1"],
    ["refund_status", 5],
  ])("a refund whose %s is %j", (name, value) => {
    expect(reasonOf(checkBody({ ...refund, data: { ...refund.data, [name]: value } }))).toBe("malformed");
  });

  test.each([
    "2026-11-22 04:00:00",
    "2026-11-22T04:00:00",
    "2026-02-30T04:00:00Z",
    "2026-11-22T25:00:00Z",
    "1795320000",
    5,
  ])("a body's timestamp of %j", (timestamp) => {
    expect(reasonOf(checkBody({ ...payment, timestamp }))).toBe("malformed");
  });

  test.each(["msg 1", "m".repeat(256), "消息"])("an id of %j", (id) => {
    expect(reasonOf(checkBody(payment, id))).toBe("malformed");
  });
});

describe("what a delivery says", () => {
  test("of a refund without the payment's number is known by the refund's own", () => {
    const { out_trade_no: _, ...data } = refund.data;

    expect(checkBody({ ...refund, data })).toMatchObject({
      ok: true,
      notice: { eventType: "refund", outTradeNo: "r_1", outRefundNo: "r_1" },
    });
  });

  test.each([
    ["payment.succeeded", undefined, "succeeded", "succeeded"],
    ["payment.updated", "TRADE_FINISHED", "succeeded", "TRADE_FINISHED"],
    ["payment", "processing", "processing", "processing"],
    ["payment.updated", "WAIT_BUYER_PAY", "processing", "WAIT_BUYER_PAY"],
    ["payment.failed", undefined, "failed", "failed"],
    ["payment.cancelled", undefined, "cancelled", "cancelled"],
    ["payment.expired", undefined, "expired", "expired"],
    ["payment.updated", undefined, "unknown", "updated"],
    ["payment.updated", "CONFUSED", "unknown", "CONFUSED"],
    ["payment.updated", "constructor", "unknown", "constructor"],
  ])("%s with status %s is %s", (type, status, ours, rawStatus) => {
    expect(checkBody({ ...payment, type, data: { ...payment.data, status } })).toMatchObject({
      ok: true,
      notice: { eventType: "payment", status: ours, rawStatus },
    });
  });

  test.each([
    ["refund.updated", "SUCCESS", "refund_succeeded"],
    ["refund.updated", "abnormal", "refund_abnormal"],
    ["refund.updated", "CLOSED", "refund_closed"],
    ["refund.updated", "FAIL", "refund_failed"],
    ["refund.updated", "CONFUSED", "unknown"],
    ["refund.succeeded", undefined, "refund_succeeded"],
    ["refund.failed", undefined, "refund_failed"],
    ["refund.processing", undefined, "refund_processing"],
  ])("%s with refund_status %s is %s", (type, refund_status, ours) => {
    expect(checkBody({ ...refund, type, data: { ...refund.data, refund_status } })).toMatchObject({
      ok: true,
      notice: { eventType: "refund", status: ours },
    });
  });

  test.each(["user.created", "payments", "paymentsucceeded", "constructor", "user:created", "dispute.created"])(
    "an event of type %s is acknowledged and ignored",
    (type) => {
      expect(checkBody({ type, timestamp: 5, data: [1] })).toMatchObject({
        ok: true,
        notice: { eventType: "ignored", status: "unknown", rawStatus: type, outTradeNo: "msg_1" },
      });
    },
  );

  test("fields that are not of the scheme are let be, and a time that is missing is not made up", () => {
    const { timestamp: _, ...untimed } = payment;
    const verification = checkBody({ ...untimed, data: { ...payment.data, items: [{ sku: "x" }], count: 2 } });

    expect(verification.ok && "occurredAt" in verification.notice).toBe(false);
    expect(verification).toMatchObject({ ok: true, notice: { amountMinor: 3980 } });
  });

  test("a retry has the same key, every other fact another", () => {
    const keyOf = (delivered: unknown, id?: string) => {
      const verification = checkBody(delivered, id);
      return verification.ok ? verification.notice.eventKey : verification.reason;
    };
    const facts = [
      payment,
      refund,
      { ...payment, data: { ...payment.data, status: "processing" } },
      { ...payment, data: { ...payment.data, status: "CONFUSED" } },
      { ...payment, data: { ...payment.data, amount: "39.81" } },
      { ...payment, data: { ...payment.data, transaction_id: "t_2" } },
      { ...refund, data: { ...refund.data, out_refund_no: "r_2" } },
      { ...refund, data: { ...refund.data, refund_status: "SUCCESS" } },
      { type: "user.created" },
    ];
    const later = nowSeconds + 60;
    const retry = check(
      body,
      headersFor(body, { "webhook-timestamp": `${later}`, "webhook-signature": v1(body, "msg_1", later) }),
    );

    expect(retry.ok && retry.notice.eventKey).toBe(keyOf(payment));
    expect(keyOf(payment, "msg_2")).toBe(keyOf(payment));
    expect(keyOf({ type: "user.created" }, "msg_2")).not.toBe(keyOf({ type: "user.created" }));
    expect(new Set(facts.map((fact) => keyOf(fact))).size).toBe(facts.length);
  });
});

describe("several signatures, several keys", () => {
  test.each([
    ["v1", v1(body), account],
    ["v1a", v1a(body), account],
    ["v1 at an account without a public key", v1(body), symmetric],
    ["v1a at an account without a secret", v1a(body), asymmetric],
    ["both", `${v1(body)} ${v1a(body)}`, asymmetric],
    ["a good one after a bad one", `v1,${Buffer.alloc(32).toString("base64")} ${v1(body)}`, symmetric],
    ["a good one among junk", `x v1 v9,?? ${v1(body)} ,`, symmetric],
  ])("%s", (_, signature, as) => {
    expect(check(body, headersFor(body, { "webhook-signature": signature }), as).ok).toBe(true);
  });
});

describe("the standardwebhooks library agrees", () => {
  test.each([
    ["a payment", payment],
    ["a refund", refund],
    ["another event", { type: "user.created", timestamp: "2026-11-22T04:00:00Z", data: { name: "茶" } }],
  ])("on %s, signed by itself", (_, delivered) => {
    const bytes = bytesOf(delivered);
    const signature = library.sign("msg_1", now, bytes.toString());
    const headers = headersFor(bytes, { "webhook-signature": signature });

    expect(signature).toBe(v1(bytes));
    expect(check(bytes, headers).ok).toBe(true);
    expect(libraryTakes(bytes, headers)).toBe(true);
    expect(libraryTakes(Buffer.concat([bytes, Buffer.from(" ")]), headers)).toBe(false);
  });

  test("on the specification's example secret, which has no padding", () => {
    const secret = "whsec_MfKQ9r8GKYqTwjUPD8ILPZIo2LaLaSw";
    const signature = new Webhook(secret).sign("msg_1", now, body.toString());

    expect(check(body, headersFor(body, { "webhook-signature": signature }), { ...symmetric, secret }).ok).toBe(true);
  });

  test("but takes a stamp with a tail, which is refused here", () => {
    const headers = headersFor(body, { "webhook-timestamp": `${nowSeconds}x` });

    expect(libraryTakes(body, headers)).toBe(true);
    expect(reasonOf(check(body, headers))).toBe("malformed");
  });
});

test(`${fuzzRuns} mutations under a true signature never throw`, () => {
  const below = randomFrom(seed);
  const reasons = new Set<string>();

  for (let run = 0; run < fuzzRuns; run += 1) reasons.add(reasonOf(check(mutate(body, below))));

  expect([...reasons].toSorted()).toEqual(["malformed", "verified"]);
});

describe("the account", () => {
  test("takes a secret, a public key, or both", () => {
    for (const each of [account, symmetric, asymmetric]) expect(standardWebhooksAccount.parse(each)).toEqual(each);
  });

  test.each([
    ["secret", "whsec_"],
    ["secret", "whsec_not*base64"],
    ["secret", undefined],
    ["publicKey", "whpk_AAAA"],
    ["publicKey", "whsk_AAAA"],
    ["publicKey", account.secret?.replace("whsec_", "whsk_")],
    ["tolerance", -1],
    ["tolerance", undefined],
    ["extra", "x"],
  ])("names a wrong %s, and never its value", (field, value) => {
    const parsed = standardWebhooksAccount.safeParse({ ...symmetric, [field]: value });
    const told = JSON.stringify(parsed.error?.issues);

    expect(parsed.success).toBe(false);
    expect(told).toContain(field);
    expect(told).not.toContain("not*base64");
  });
});
