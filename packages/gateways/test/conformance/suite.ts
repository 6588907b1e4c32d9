import { type Notice, paymentNoticeStatuses, refundNoticeStatuses } from "@zhanggui/domain";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Account, type CallbackRequest, type Clock, gatewayOf, verifyCallback } from "../../src/index.ts";
import type { Kind } from "../../src/registry.ts";
import { type Change, type Specimen, withField } from "./specimen.ts";

const seed = 20_261_122;
const fuzzRuns = 10_000;
const tooLong = 70_000;

/** Any failing run is printed with its seed and path by fast-check. */
const fuzzing = { seed, numRuns: fuzzRuns };
const patienceMs = 60_000;

/** Alipay goes on the longest with the same bytes: 25 hours. */
const redeliveryMs = 25 * 3_600_000;

const wrongMethods = ["GET", "PUT", "DELETE", ""];
const tails = ["&", "&x=1", " ", "\n", "\0", "{}", "x", "]", ","];
const hostileTexts = [
  "",
  " ",
  "null",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "-1",
  "0",
  "0.00",
  "1e3",
  "0x10",
  "19.901",
  "１９",
  "NaN",
  "\u202e",
  "a b",
  "x".repeat(5_000),
];
const hostileValues: readonly unknown[] = [null, 0, -1, 1.5, 1e21, true, [], {}, [[1]], { toString: "1" }, { $gt: "" }];

/** What every gateway does, whatever its scheme. Registers the tests of one. */
export function conformance<K extends Kind>(kind: K, specimen: Specimen<K>): void {
  const account: Account = specimen.account;
  const { clock, sign, examples } = specimen;
  const payment = sign(examples.payment.facts);
  const covered = specimen.unsignedRefund === undefined ? [payment, sign(examples.refund.facts)] : [payment];

  function verify(request: CallbackRequest, as: Account = account, at: Clock = clock) {
    return verifyCallback(as, request, at);
  }

  async function keyOf(request: CallbackRequest): Promise<string> {
    const verified = await verify(request);
    return verified.ok ? verified.notice.eventKey : `refused: ${verified.reason}`;
  }

  async function reasonOf(request: CallbackRequest): Promise<string> {
    const verified = await verify(request);
    return verified.ok ? "verified" : verified.reason;
  }

  /** Of requests that were tampered with, those that are taken though they should not be. */
  async function falselyTaken(genuine: CallbackRequest, tampered: Iterable<CallbackRequest>): Promise<string[]> {
    const expected = await verify(genuine);
    const taken: string[] = [];
    for (const request of tampered) {
      const verified = await verify(request);
      if (!verified.ok) continue;
      const isSame = specimen.respelling !== undefined && JSON.stringify(verified) === JSON.stringify(expected);
      if (!isSame) taken.push(describeRequest(request));
    }
    return taken;
  }

  describe(`${kind}: a genuine notice`, () => {
    test.each(Object.entries(examples))("of the %s example is read exactly", async (_, { facts, notice }) => {
      const verified = await verify(sign(facts));

      expect(verified).toEqual({
        ok: true,
        notice: { ...notice, eventKey: expect.stringMatching(/^[A-Za-z0-9_-]+\.[a-z_]+\.[0-9a-f]{16}$/) },
        verifiedBy: expect.any(String),
      });
    });

    test.each(specimen.keys)("is verified by the key named $name", async ({ name, request, clock: at }) => {
      expect(await verify(request, account, at)).toMatchObject({ ok: true, verifiedBy: name });
    });

    test("delivered again has the same key, in the same bytes and freshly signed", async () => {
      const again = sign(examples.payment.facts, new Date(clock.now.getTime() - 60_000));

      expect(await keyOf(payment)).not.toContain("refused");
      expect(await keyOf(again)).toBe(await keyOf(payment));
      expect(await keyOf(payment)).toBe(await keyOf(payment));
    });

    test("of each other fact has another key", async () => {
      const changed = specimen.otherFacts.map(([path, value]) => sign(withField(examples.payment.facts, path, value)));
      const requests = [payment, sign(examples.refund.facts), ...changed];
      const keys = await Promise.all(requests.map(keyOf));

      expect(keys.filter((key) => key.startsWith("refused"))).toEqual([]);
      expect(new Set(keys).size).toBe(keys.length);
    });

    test("is known by its header names in any case", async () => {
      const headers = Object.entries(payment.headers).map(([name, value]) => [name.toUpperCase(), value] as const);

      expect(await keyOf({ ...payment, headers: Object.fromEntries(headers) })).toBe(await keyOf(payment));
    });
  });

  describe(`${kind}: a forged notice is refused`, () => {
    test("whatever single byte of its body is changed", async () => {
      for (const genuine of covered) {
        expect(await falselyTaken(genuine, changedBodies(genuine))).toEqual([]);
      }
    });

    test("whatever single byte of a signature header is changed", async () => {
      const changed = specimen.signatureHeaders.flatMap((name) => [...changedHeaders(payment, name)]);

      expect(await falselyTaken(payment, changed)).toEqual([]);
    });

    test("without one of its signature headers", async () => {
      const needed = specimen.signatureHeaders.filter((name) => name !== "wechatpay-signature-type");
      for (const name of needed) {
        const headers = Object.entries(payment.headers).filter(([other]) => other !== name);

        expect(await reasonOf({ ...payment, headers: Object.fromEntries(headers) })).not.toBe("verified");
      }
    });

    test("when a header came twice: joined by a comma nothing new is read, in two spellings nothing at all", async () => {
      for (const name of specimen.signatureHeaders) {
        const value = payment.headers[name] ?? "";
        for (const joined of [`${value},${value}`, `${value}, ${value}`]) {
          const key = await keyOf({ ...payment, headers: { ...payment.headers, [name]: joined } });
          if (!key.startsWith("refused")) expect(key).toBe(await keyOf(payment));
        }
        const headers = { ...payment.headers, [name.toUpperCase()]: value };
        expect(await reasonOf({ ...payment, headers })).toBe("malformed");
      }
    });

    test("when it was cut off at any byte, or emptied", async () => {
      for (const genuine of covered) {
        const cut = Array.from({ length: genuine.body.length }, (_, at) =>
          withBody(genuine, genuine.body.slice(0, at)),
        );

        expect(await falselyTaken(genuine, cut)).toEqual([]);
      }
      expect(await reasonOf(withBody(payment, new Uint8Array()))).not.toBe("verified");
    });

    test("when anything was put before it or behind it", async () => {
      const extended = [...tails.map((tail) => Buffer.from(tail)), payment.body].flatMap((extra) => [
        withBody(payment, Buffer.concat([payment.body, extra])),
        withBody(payment, Buffer.concat([extra, payment.body])),
      ]);

      expect(await falselyTaken(payment, extended)).toEqual([]);
    });

    test.each(Object.entries(specimen.downgraded))("with %s", async (_, request) => {
      expect(await reasonOf(request)).toMatch(/^(?:signature_invalid|unsigned_refused|malformed|foreign_merchant)$/);
    });

    test.each(Object.entries(specimen.duplicated))("with a field twice %s", async (_, request) => {
      expect(await reasonOf(request)).toMatch(/^(?:signature_invalid|malformed)$/);
    });

    test.each(Object.entries(specimen.foreign))(
      "when it is genuine, but %s",
      async (_, { account: theirs, request }) => {
        expect(await verify(request, theirs)).toMatchObject({ ok: true });
        expect(await reasonOf(request)).toMatch(/^(?:foreign_merchant|signature_invalid)$/);
      },
    );

    test("when the account is of a kind that nobody registered", async () => {
      for (const other of ["constructor", "__proto__", "toString", ""]) {
        const strange: Account = JSON.parse(`{"kind":"${other}"}`);

        expect(await verify(payment, strange)).toEqual({ ok: false, reason: "unknown_kind" });
      }
    });

    test(`in ${fuzzRuns} mutations, at once and without a throw`, { timeout: patienceMs }, async () => {
      const expected = JSON.stringify(await verify(payment));
      const bodies = fc.oneof(
        { weight: 4, arbitrary: mutationsOf(payment.body) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
      );

      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const verified = await verify(withBody(payment, body));
          if (!verified.ok) return true;
          const isGenuine = Buffer.compare(body, payment.body) === 0 || specimen.respelling !== undefined;
          return isGenuine && JSON.stringify(verified) === expected;
        }),
        fuzzing,
      );
    });
  });

  describe(`${kind}: a genuinely signed notice is refused`, () => {
    test.each(wrongMethods)("when its method is %j", async (method) => {
      expect(await reasonOf({ ...payment, method })).toBe("malformed");
    });

    test("when its media type is another", async () => {
      for (const type of [specimen.wrongContentType, "text/plain", "multipart/form-data; boundary=x", ""]) {
        const headers = { ...payment.headers, "content-type": type };

        expect(await reasonOf({ ...payment, headers })).toBe("unsupported_media_type");
      }
    });

    test("when it is longer than any notice", async () => {
      const long = sign(withField(examples.payment.facts, specimen.echoed, "x".repeat(tooLong)));

      expect(await reasonOf(long)).toBe("malformed");
    });

    test.each(specimen.required)("without %s", async (path) => {
      const reason = await reasonOf(sign(withField(examples.payment.facts, path, undefined)));

      expect(reason).not.toBe("verified");
    });

    const [amount] = specimen.required;
    const hostile: readonly unknown[] =
      specimen.fieldsHold === "json" ? [...hostileTexts, ...hostileValues] : hostileTexts;

    test("when its amount is anything but one", async () => {
      for (const value of hostile.filter((one) => one !== 0)) {
        const reason = await reasonOf(sign(withField(examples.payment.facts, amount, value)));

        expect([value, reason]).not.toEqual([value, "verified"]);
      }
    });

    test("or is read soundly, whatever stands in any of its fields", async () => {
      const paths = [...specimen.required, specimen.echoed, ...specimen.otherFacts.map(([path]) => path)];
      const changes = paths.flatMap((path) => hostile.map((value): Change => [path, value]));
      for (const [path, value] of changes) {
        const verified = await verify(sign(withField(examples.payment.facts, path, value)));
        if (!verified.ok) continue;

        expect([path, value, unsoundIn(verified.notice)]).toEqual([path, value, []]);
      }
    });

    const { freshnessSeconds } = specimen;
    test("when it is older or newer than its scheme allows, where it has such a rule", async () => {
      const seconds = freshnessSeconds ?? 0;
      if (freshnessSeconds === undefined) {
        const nextDay = { ...clock, now: new Date(clock.now.getTime() + redeliveryMs) };
        expect(await verify(payment, account, nextDay)).toMatchObject({ ok: true });
        return;
      }
      const reasons = [-seconds - 2, -seconds + 2, seconds - 2, seconds + 2].map((away) =>
        reasonOf(sign(examples.payment.facts, new Date(clock.now.getTime() + away * 1_000))),
      );

      expect(await Promise.all(reasons)).toEqual(["stale", "verified", "verified", "stale"]);
    });
  });

  test(`${kind}: answers in the form that its gateway documents`, () => {
    const { accepted, refused } = gatewayOf(account).acknowledge;

    expect(accepted).toEqual(specimen.acknowledgement.accepted);
    expect(refused(401, "signature_invalid")).toEqual(specimen.acknowledgement.refused);
  });
}

/** One bit flipped, and the byte replaced, at every place of the body. */
function* changedBodies(genuine: CallbackRequest): Generator<CallbackRequest> {
  for (const [at, byte] of genuine.body.entries()) {
    for (const other of [byte ^ (at % 2 === 0 ? 1 : 4), byte === 0x30 ? 0x31 : 0x30]) {
      const body = Buffer.from(genuine.body);
      body[at] = other;
      yield withBody(genuine, body);
    }
  }
}

function* changedHeaders(genuine: CallbackRequest, name: string): Generator<CallbackRequest> {
  const value = Buffer.from(genuine.headers[name] ?? "");
  for (const changed of changedBodies(withBody(genuine, value))) {
    yield { ...genuine, headers: { ...genuine.headers, [name]: Buffer.from(changed.body).toString("latin1") } };
  }
}

function withBody(request: CallbackRequest, body: Uint8Array): CallbackRequest {
  return { ...request, body };
}

/** One to three edits: a byte replaced, put in or taken out, a run repeated, the end cut off. */
function mutationsOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat({ max: bytes.length - 1 }),
    byte: fc.nat({ max: 255 }),
    how: fc.constantFrom("replace", "insert", "remove", "repeat", "cut"),
  });
  return fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => {
    let mutated = Buffer.from(bytes);
    for (const { at, byte, how } of edits) {
      const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
      const put = {
        replace: [Buffer.from([byte]), after.subarray(1)],
        insert: [Buffer.from([byte]), after],
        remove: [after.subarray(1)],
        repeat: [after.subarray(0, byte), after],
        cut: [],
      }[how];
      mutated = Buffer.concat([before, ...put]);
    }
    return mutated;
  });
}

const id = /^[\x21-\x7e]{1,255}$/;
const statuses: ReadonlySet<string> = new Set([...paymentNoticeStatuses, ...refundNoticeStatuses, "unknown"]);

/** What a notice states that no notice may, whatever was sent. */
function unsoundIn(notice: Notice): readonly string[] {
  const ids = [notice.outTradeNo, notice.transactionId, notice.outRefundNo].filter((one) => one !== undefined);
  const amounts = [notice.amountMinor, notice.refundMinor ?? 0];
  const isPaid = notice.eventType === "payment" && notice.status === "succeeded";
  const faults = {
    "an id that is none": !ids.every((one) => id.test(one)),
    "an amount that is none": !amounts.every((minor) => Number.isSafeInteger(minor) && minor >= 0),
    "a currency that is none": !/^[A-Z]{3}$/.test(notice.currency),
    "a status that is none": !statuses.has(notice.status),
    "a word that cannot be shown": !/^[^\p{C}]{1,255}$/u.test(notice.rawStatus),
    "a time that is none": notice.occurredAt !== undefined && Number.isNaN(notice.occurredAt.getTime()),
    "a success without a transaction": isPaid && notice.transactionId === undefined,
    "a payment of nothing": isPaid && notice.amountMinor === 0,
  };
  return Object.entries(faults).flatMap(([fault, is]) => (is ? [fault] : []));
}

function describeRequest({ headers, body }: CallbackRequest): string {
  return `${JSON.stringify(headers)}\n${Buffer.from(body).toString()}`;
}
