import Stripe from "stripe";
import { describe, expect, test } from "vitest";

import { stripeAccount } from "../src/stripe/account.ts";
import { mutate, randomFrom } from "./support/standard-webhooks-mutations.ts";
import {
  account,
  bytesOf,
  charge,
  check,
  checkEvent,
  digest,
  eventOf,
  headerFor,
  intent,
  now,
  nowSeconds,
  reasonOf,
  refund,
  session,
} from "./support/stripe-events.ts";

const seed = 20_261_122;
const fuzzRuns = 10_000;

const { webhooks } = new Stripe("sk_test_0123456789");
const body = bytesOf(eventOf("payment_intent.succeeded", intent));

/** Whether stripe-node takes it, at the same moment. */
function sdkTakes(bytes: Uint8Array, header: string, secret = account.secret): boolean {
  try {
    webhooks.constructEvent(Buffer.from(bytes), header, secret, account.tolerance, undefined, now.getTime());
    return true;
  } catch {
    return false;
  }
}

describe("a forged event is refused", () => {
  test.each([
    ["nothing", () => ""],
    ["no time", () => `v1=${digest(body)}`],
    ["no v1", () => `t=${nowSeconds}`],
    ["only v0", () => `t=${nowSeconds},v0=${digest(body)}`],
    ["an empty v1", () => `t=${nowSeconds},v1=`],
    ["a v1 without a sign", () => `t=${nowSeconds},v1`],
    ["a v1 that is too short", () => `t=${nowSeconds},v1=${digest(body).slice(1)}`],
    ["a v1 of the right length that is not hexadecimal", () => `t=${nowSeconds},v1=${"é".repeat(64)}`],
    ["an upper-case v1", () => `t=${nowSeconds},v1=${digest(body).toUpperCase()}`],
    ["a scheme we do not know", () => `t=${nowSeconds},v2=${digest(body)}`],
    ["an inherited name", () => `t=${nowSeconds},constructor=${digest(body)},__proto__=${digest(body)}`],
    ["a space before v1", () => `t=${nowSeconds}, v1=${digest(body)}`],
    ["two times", () => `t=${nowSeconds},t=${nowSeconds},v1=${digest(body)}`],
    ["an old time and a new one", () => `t=1,${headerFor(body)}`],
    ["a time with a tail", () => `t=${nowSeconds}x,v1=${digest(body, account.secret, `${nowSeconds}x`)}`],
    ["a time with a zero before", () => headerFor(body, account.secret, `0${nowSeconds}`)],
    ["a time that is negative", () => headerFor(body, account.secret, "-1")],
    ["a time that is no number", () => headerFor(body, account.secret, "NaN")],
    ["too many signatures before", () => `t=${nowSeconds},${"v1=00,".repeat(50)}v1=${digest(body)}`],
    ["another secret", () => headerFor(body, "whsec_other")],
    ["the secret without its prefix", () => headerFor(body, account.secret.slice("whsec_".length))],
    ["the empty secret", () => headerFor(body, "")],
    ["the body alone", () => `t=${nowSeconds},v1=${digest(body, account.secret, "").slice(1)}0`],
    ["the signature of another body", () => headerFor(bytesOf({}))],
  ])("for a header with %s", (_, header) => {
    expect(reasonOf(check(body, header()))).toBe("signature_invalid");
  });

  test("for a byte-order mark put before a signed body, which stripe-node drops unseen", () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);

    expect(sdkTakes(marked, headerFor(body))).toBe(true);
    expect(reasonOf(check(marked, headerFor(body)))).toBe("signature_invalid");
    expect(check(marked).ok).toBe(true);
  });

  test("for a byte that is not UTF-8 in place of a replacement character, which stripe-node does not tell apart", () => {
    const signed = Buffer.from(body.toString().replace("茶", "\u{fffd}"));
    const at = signed.indexOf("\u{fffd}");
    const broken = Buffer.concat([signed.subarray(0, at), Buffer.from([0xff]), signed.subarray(at + 3)]);

    expect(sdkTakes(broken, headerFor(signed))).toBe(true);
    expect(reasonOf(check(broken, headerFor(signed)))).toBe("signature_invalid");
    expect(reasonOf(check(broken))).toBe("malformed");
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
    [86_400 * 365, "stale"],
  ])("a stamp %d seconds from now is %s", (seconds, reason) => {
    expect(reasonOf(check(body, headerFor(body, account.secret, nowSeconds + seconds)))).toBe(reason);
  });

  test("a tolerance of zero asks for the same second, and does not switch the check off", () => {
    const as = { ...account, tolerance: 0 };

    expect(check(body, headerFor(body), { as }).ok).toBe(true);
    expect(reasonOf(check(body, headerFor(body, account.secret, nowSeconds - 1), { as }))).toBe("stale");
    expect(reasonOf(check(body, headerFor(body, account.secret, nowSeconds + 1), { as }))).toBe("stale");
  });

  test("a future stamp is stale, though stripe-node lets it through", () => {
    const header = headerFor(body, account.secret, nowSeconds + 3_600);

    expect(sdkTakes(body, header)).toBe(true);
    expect(reasonOf(check(body, header))).toBe("stale");
  });
});

describe("whose event it is", () => {
  test.each([
    ["of live mode at a test account", { livemode: true }],
    ["of a connected account", { account: "acct_1" }],
  ])("an event %s is refused", (_, frame) => {
    expect(reasonOf(checkEvent("payment_intent.succeeded", intent, frame))).toBe("foreign_merchant");
  });

  test("a test event is refused at a live account", () => {
    expect(reasonOf(check(body, headerFor(body), { as: { ...account, livemode: true } }))).toBe("foreign_merchant");
  });

  test("an account of null is nobody else's", () => {
    expect(checkEvent("payment_intent.succeeded", intent, { account: null }).ok).toBe(true);
  });
});

describe("a malformed event is refused", () => {
  test("when it is a thin v2 event", () => {
    const thin = {
      id: "evt_1",
      object: "v2.core.event",
      type: "v1.billing.meter.error",
      created: "2026-11-22T04:00:00Z",
    };

    expect(sdkTakes(bytesOf(thin), headerFor(bytesOf(thin)))).toBe(false);
    expect(reasonOf(check(bytesOf(thin)))).toBe("malformed");
  });

  test.each(["id", "object", "created", "data", "livemode", "type"])("without %s", (name) => {
    const { [name]: _, ...rest } = eventOf("payment_intent.succeeded", intent);

    expect(reasonOf(check(bytesOf(rest)))).toBe("malformed");
  });

  test.each([
    ["livemode", "false"],
    ["livemode", 0],
    ["created", "1795319990"],
    ["created", -1],
    ["created", 1.5],
    ["created", 1e300],
    ["type", ["payment_intent.succeeded"]],
    ["type", null],
    ["id", 5],
    ["data", { object: [] }],
    ["data", { object: null }],
    ["data", "x"],
    ["account", {}],
  ])("when %s is %j", (name, value) => {
    expect(reasonOf(checkEvent("payment_intent.succeeded", intent, { [name]: value }))).toBe("malformed");
  });

  test.each([
    ["amount", "3980"],
    ["amount", 39.8],
    ["amount", -1],
    ["amount", null],
    ["amount", 2 ** 53],
    ["amount_received", "3980"],
    ["currency", "CNY"],
    ["currency", "yuan"],
    ["currency", null],
    ["id", { id: "pi_1" }],
    ["id", "pi 1"],
    ["metadata", "p_1"],
    ["metadata", ["p_1"]],
    ["metadata", { out_trade_no: 1 }],
    ["metadata", { out_trade_no: ["p_1"] }],
    ["metadata", { out_trade_no: "p 1" }],
    ["metadata", { out_trade_no: "p".repeat(65) }],
  ])("when the intent's %s is %j", (name, value) => {
    expect(reasonOf(checkEvent("payment_intent.succeeded", { ...intent, [name]: value }))).toBe("malformed");
  });

  test.each([
    ["an empty body", ""],
    ["no JSON", "t=1"],
    ["an array", "[]"],
    ["null", "null"],
    ["a string", '"event"'],
    ["deep nesting", "[".repeat(20_000) + "]".repeat(20_000)],
  ])("when the body is %s", (_, text) => {
    expect(reasonOf(check(Buffer.from(text)))).toBe("malformed");
  });

  test.each([
    ['"amount": 3980', '"amount": 3980, "amount": 1'],
    ['"livemode": false', '"livemode": true, "livemode": false'],
    ['"out_trade_no": "p_1"', '"out_trade_no": "p_2", "out_\\u0074rade_no": "p_1"'],
  ])("when %s is said twice", (once, twice) => {
    const text = body.toString();

    expect(text).toContain(once);
    expect(reasonOf(check(Buffer.from(text.replace(once, twice))))).toBe("malformed");
  });

  test("but names that repeat in different objects, or in text, do not count", () => {
    const metadata = { out_trade_no: "p_1", note: '{"a":1,"a":2}', list: "a,b" };

    expect(
      checkEvent("payment_intent.succeeded", { ...intent, metadata, more: [{ a: 1 }, { a: 1 }, "a", "a"] }).ok,
    ).toBe(true);
  });
});

describe("what a payment event says", () => {
  test.each([
    ["payment_intent.created", intent, "processing"],
    ["payment_intent.processing", intent, "processing"],
    ["payment_intent.requires_action", intent, "processing"],
    ["payment_intent.amount_capturable_updated", intent, "processing"],
    ["payment_intent.partially_funded", intent, "processing"],
    ["payment_intent.payment_failed", intent, "failed"],
    ["payment_intent.canceled", intent, "cancelled"],
    ["payment_intent.canceled", { ...intent, cancellation_reason: "abandoned" }, "cancelled"],
    ["payment_intent.canceled", { ...intent, cancellation_reason: "expired" }, "expired"],
    ["checkout.session.completed", session, "succeeded"],
    ["checkout.session.completed", { ...session, payment_status: "unpaid" }, "processing"],
    ["checkout.session.completed", { ...session, payment_status: "no_payment_required" }, "unknown"],
    ["checkout.session.completed", { ...session, payment_status: "constructor" }, "unknown"],
    ["checkout.session.async_payment_succeeded", session, "succeeded"],
    ["checkout.session.async_payment_failed", { ...session, payment_status: "unpaid" }, "failed"],
    ["checkout.session.expired", { ...session, payment_intent: null, payment_status: "unpaid" }, "expired"],
    ["charge.expired", charge, "expired"],
  ])("%s of %j is %s", (type, object, status) => {
    expect(checkEvent(type, object)).toMatchObject({
      ok: true,
      notice: { eventType: "payment", outTradeNo: "p_1", status, rawStatus: type, currency: "CNY", amountMinor: 3980 },
    });
  });

  test("the amount of a success is what was received", () => {
    expect(checkEvent("payment_intent.succeeded", { ...intent, amount_received: 3000 })).toMatchObject({
      notice: { amountMinor: 3000 },
    });
  });

  test.each([
    ["jpy", 4000],
    ["kwd", 39_800],
    ["usd", 1],
  ])("minor units of %s stay as Stripe counts them", (currency, amount) => {
    expect(
      checkEvent("payment_intent.succeeded", { ...intent, currency, amount, amount_received: amount }),
    ).toMatchObject({
      notice: { amountMinor: amount, currency: currency.toUpperCase() },
    });
  });

  test("a paid session without an intent is refused, and so is one without an amount", () => {
    expect(reasonOf(checkEvent("checkout.session.completed", { ...session, payment_intent: null }))).toBe("malformed");
    expect(reasonOf(checkEvent("checkout.session.completed", { ...session, amount_total: null }))).toBe("malformed");
  });

  test("the intent and the session of one payment state one fact, and share a key", () => {
    const [first, second] = [
      checkEvent("payment_intent.succeeded", intent),
      checkEvent("checkout.session.completed", session, { id: "evt_2" }),
    ];

    expect(first.ok && second.ok && first.notice.eventKey === second.notice.eventKey).toBe(true);
  });
});

describe("what a refund event says", () => {
  test.each([
    ["refund.created", "pending", "refund_processing"],
    ["refund.updated", "requires_action", "refund_processing"],
    ["refund.updated", "succeeded", "refund_succeeded"],
    ["charge.refund.updated", "succeeded", "refund_succeeded"],
    ["refund.updated", "canceled", "refund_closed"],
    ["refund.updated", "failed", "refund_failed"],
    ["refund.failed", "failed", "refund_failed"],
    ["refund.failed", null, "refund_failed"],
    ["refund.updated", null, "unknown"],
    ["refund.updated", "toString", "unknown"],
  ])("%s with status %s is %s", (type, status, ours) => {
    expect(checkEvent(type, { ...refund, status })).toMatchObject({
      ok: true,
      notice: { eventType: "refund", status: ours },
    });
  });

  test("a word that Stripe does not document is kept to be read, and makes a fact of its own", () => {
    const [frozen, thawed] = ["frozen", "thawed"].map((status) => checkEvent("refund.updated", { ...refund, status }));

    expect(frozen).toMatchObject({ ok: true, notice: { status: "unknown", rawStatus: "frozen" } });
    expect(frozen?.ok && thawed?.ok && frozen.notice.eventKey === thawed.notice.eventKey).toBe(false);
  });

  test("charge.refunded carries the running total and names no refund", () => {
    const partly = checkEvent("charge.refunded", charge);
    const wholly = checkEvent("charge.refunded", { ...charge, amount_refunded: 3980, refunded: true });

    expect(partly).toMatchObject({ ok: true, notice: { eventType: "refund", amountMinor: 3980, refundMinor: 500 } });
    expect(partly.ok && "outRefundNo" in partly.notice).toBe(false);
    expect(wholly).toMatchObject({ ok: true, notice: { refundMinor: 3980, status: "refund_succeeded" } });
    expect(partly.ok && wholly.ok && partly.notice.eventKey === wholly.notice.eventKey).toBe(false);
  });

  test("without our refund number, Stripe's own stands in", () => {
    expect(checkEvent("refund.created", { ...refund, metadata: { out_trade_no: "p_1" } })).toMatchObject({
      notice: { outRefundNo: "re_1" },
    });
  });

  test("a hold that was let go is no refund", () => {
    expect(checkEvent("charge.refunded", { ...charge, captured: false })).toMatchObject({
      notice: { eventType: "ignored" },
    });
    expect(checkEvent("refund.created", { ...refund, reason: "expired_uncaptured_charge" })).toMatchObject({
      notice: { eventType: "ignored" },
    });
  });
});

test.each(["outTradeNo", "order_number", "order_no", "order_id"])(
  "our number is found where the shop's own Checkout has put it: %s",
  (name) => {
    const metadata = { [name]: "p_1" };
    expect(checkEvent("payment_intent.succeeded", { ...intent, metadata })).toMatchObject({
      notice: { eventType: "payment", outTradeNo: "p_1" },
    });
  },
);

describe("events that are none of ours are acknowledged and ignored", () => {
  test.each([
    ["charge.dispute.created", { id: "dp_1", object: "dispute", amount: 3980, payment_intent: "pi_1" }],
    ["charge.succeeded", charge],
    ["customer.created", { id: "cus_1" }],
    ["a.type.of.next.year", {}],
    ["constructor", {}],
    ["__proto__", {}],
    ["payment_intent.succeeded", { ...intent, metadata: {} }],
    ["payment_intent.succeeded", { ...intent, metadata: null }],
    ["payment_intent.succeeded", { ...intent, metadata: { out_trade_no: "" } }],
    ["refund.created", { ...refund, metadata: {} }],
    ["checkout.session.completed", { ...session, mode: "subscription", payment_intent: null }],
    ["checkout.session.completed", { ...session, mode: "setup", amount_total: null, currency: null }],
  ])("%s of %j", (type, object) => {
    expect(checkEvent(type, object)).toMatchObject({
      ok: true,
      notice: { eventType: "ignored", status: "unknown", rawStatus: type, outTradeNo: "evt_1", amountMinor: 0 },
    });
  });

  test("each under its own id", () => {
    const keys = ["evt_1", "evt_2", "evt_1"].map((id) => {
      const verification = checkEvent("charge.dispute.updated", {}, { id });
      return verification.ok ? verification.notice.eventKey : "refused";
    });

    expect(keys[0]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe("signatures while a secret is rolled", () => {
  test("one of several v1 is enough, next to v0 and junk", () => {
    const header = `t=${nowSeconds},v0=${"0".repeat(64)},v1=${"f".repeat(64)},junk,=,v1=,v1=${digest(body)},x=y=z`;

    expect(check(body, header).ok).toBe(true);
    expect(sdkTakes(body, `t=${nowSeconds},v1=${"f".repeat(64)},v1=${digest(body)}`)).toBe(true);
  });

  test("a previous secret still counts, a forgotten one does not", () => {
    const header = headerFor(body, "whsec_previous0123456789abcde");
    const { previousSecrets: _, ...forgetful } = account;

    expect(check(body, header).ok).toBe(true);
    expect(reasonOf(check(body, header, { as: forgetful }))).toBe("signature_invalid");
  });

  test("an empty secret is no secret, should one ever get so far", () => {
    const as = { ...account, secret: "", previousSecrets: [""] };

    expect(reasonOf(check(body, headerFor(body, ""), { as }))).toBe("signature_invalid");
  });
});

describe("stripe-node agrees", () => {
  test.each([
    ["payment_intent.succeeded", intent],
    ["checkout.session.completed", session],
    ["charge.refunded", charge],
    ["refund.updated", refund],
    ["customer.created", { id: "cus_1" }],
  ])("on %s, signed by itself", (type, object) => {
    const payload = bytesOf(eventOf(type, object)).toString();
    const header = webhooks.generateTestHeaderString({ payload, secret: account.secret, timestamp: nowSeconds });

    expect(header).toBe(headerFor(Buffer.from(payload)));
    expect(check(Buffer.from(payload), header).ok).toBe(true);
    expect(sdkTakes(Buffer.from(payload), header)).toBe(true);
    expect(sdkTakes(Buffer.from(payload), header, "whsec_other")).toBe(false);
  });
});

test(`${fuzzRuns} mutations under a true signature never throw`, () => {
  const below = randomFrom(seed);
  const reasons = new Map<string, number>();

  for (let run = 0; run < fuzzRuns; run += 1) {
    const reason = reasonOf(check(mutate(body, below)));
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  expect([...reasons.keys()].toSorted()).toEqual(["malformed", "verified"]);
});

describe("the account", () => {
  test("is the contract's", () => {
    expect(stripeAccount.parse(account)).toEqual(account);
    expect(stripeAccount.parse({ ...account, baseUrl: "https://api.stripe.com" }).baseUrl).toBe(
      "https://api.stripe.com",
    );
  });

  test.each([
    ["secret", ""],
    ["secret", "whsec_with_newline\n"],
    ["previousSecrets", [""]],
    ["tolerance", -1],
    ["tolerance", "300"],
    ["tolerance", undefined],
    ["livemode", "false"],
    ["livemode", undefined],
    ["apiKey", ""],
    ["extra", 1],
  ])("names a wrong %s, and never its value", (field, value) => {
    const parsed = stripeAccount.safeParse({ ...account, [field]: value });

    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(field);
    expect(JSON.stringify(parsed.error?.issues)).not.toContain("with_newline");
  });
});
