import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Account, isSignedBy, sign } from "../src/index.ts";
import {
  account,
  clock,
  form,
  json,
  now,
  nowSeconds,
  readingOf,
  secret,
  signOf,
  signed,
  success,
  verify,
} from "./support/signed.ts";

const other = "another key altogether";

describe("a signature is refused", () => {
  const right = signOf(success);
  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["short by a digit", right.slice(0, 63)],
    ["long by a digit", `${right}0`],
    ["upper case", right.toUpperCase()],
    ["followed by a line end", `${right}\n`],
    ["preceded by a space", ` ${right}`],
    ["in full-width digits", right.replace(/[0-9]/, "０")],
    ["base64", Buffer.from(right, "hex").toString("base64")],
    ["no hexadecimal", "z".repeat(64)],
    ["of another key", signOf(success, other)],
    ["a plain hash of the text", createHmac("sha256", "").update("amount=39.80").digest("hex")],
  ])("that is %s", async (_, given) => {
    const fields = given === undefined ? success : { ...success, sign: given };

    expect(await readingOf(json(fields))).toBe("signature_invalid");
    expect(await readingOf(form(fields))).toBe("signature_invalid");
  });

  test("when any one byte of a signed form is another, unless it decodes to the same", async () => {
    const request = form(signed({ ...success, attach: "龙井 & co" }));
    const meant = new URLSearchParams(Buffer.from(request.body).toString("utf8")).toString();
    const accepted: string[] = [];

    for (let at = 0; at < request.body.length; at += 1) {
      for (const flip of [1, 0x20]) {
        const tampered = Buffer.from(request.body);
        tampered[at] = (tampered[at] ?? 0) ^ flip;
        const means = new URLSearchParams(tampered.toString("utf8")).toString();
        if (means !== meant && (await verify({ ...request, body: tampered })).ok) accepted.push(means);
      }
    }

    expect(accepted).toEqual([]);
  });

  test("when a field is added, dropped or renamed after signing", async () => {
    const sent = signed({ ...success, attach: "x" });
    const { attach: _, ...dropped } = sent;

    expect(await readingOf(json({ ...sent, extra: "1" }))).toBe("signature_invalid");
    expect(await readingOf(json(dropped))).toBe("signature_invalid");
    expect(await readingOf(json({ ...dropped, Attach: "x" }))).toBe("signature_invalid");
  });

  test("of an account whose secret is empty, however it got there", async () => {
    const open: Account = { kind: "hmac", secret: "" };
    const openBefore: Account = { kind: "hmac", secret, previousSecrets: [""] };

    expect(await readingOf(json(signed(success, "")), open)).toBe("signature_invalid");
    expect(await readingOf(json(signed(success, "")), openBefore)).toBe("signature_invalid");
  });

  test("before the time or the facts are looked at, so that nothing is learnt without a key", async () => {
    const stale = { ...success, amount: "no amount", timestamp: "1", sign: signOf(success, other) };

    expect(await readingOf(json(stale))).toBe("signature_invalid");
  });
});

describe("a signature is accepted", () => {
  test("over sorted names and decoded values, without sign, sign_type and empty values", async () => {
    const text = "amount=39.80&attach=a b&out_trade_no=P1234567&status=SUCCESS&transaction_id=T1";
    const given = createHmac("sha256", secret).update(text, "utf8").digest("hex");
    const fields = {
      status: "SUCCESS",
      sign_type: "HMAC-SHA256",
      nothing: "",
      transaction_id: "T1",
      attach: "a b",
      out_trade_no: "P1234567",
      amount: "39.80",
      sign: given,
    };

    expect(await readingOf(json(fields))).toMatchObject({ outTradeNo: "P1234567", amountMinor: 3_980 });
    expect(await readingOf(form(fields))).toMatchObject({ outTradeNo: "P1234567", amountMinor: 3_980 });
  });

  test.each([
    ["Chinese", { attach: "龙井，二两", 备注: "掌柜" }],
    ["upper before lower case", { Zeta: "1", alpha: "2", _x: "3", "9": "4" }],
    ["code units, not code points", { "\u{1F600}": "1", "\uFF66": "2" }],
    ["reserved characters", { attach: "a=b&c=d%2B+e" }],
    ["a transaction id that no well-known gateway would make", { transaction_id: `/*%"'<:>_${"9".repeat(200)}` }],
    ["line ends and tabs", { attach: "a\r\n\tb" }],
    ["names that JavaScript sorts as numbers", { "10": "a", "9": "b", "1": "c" }],
  ])("of %s", async (_, fields) => {
    const sent = signed({ ...success, ...fields });

    expect(await verify(json(sent))).toMatchObject({ ok: true });
    expect(await verify(form(sent))).toMatchObject({ ok: true });
  });

  test("of a form whose spaces are written + or %20, and whose plus is %2B", async () => {
    const sent = signed({ ...success, attach: "a b+c" });
    const body = (attach: string) =>
      Object.entries({ ...sent, attach: "?" })
        .map(([name, value]) => `${name}=${name === "attach" ? attach : encodeURIComponent(value)}`)
        .join("&");

    expect(await verify(form(body("a+b%2Bc")))).toMatchObject({ ok: true });
    expect(await verify(form(body("a%20b%2bc")))).toMatchObject({ ok: true });
    expect(await readingOf(form(body("a%20b+c")))).toBe("signature_invalid");
  });

  test("as `sign` makes it", () => {
    const fields = { ...success, 备注: "掌柜", empty: "", sign_type: "X" };

    expect(sign(new Map(Object.entries(fields)), secret)).toBe(signOf(fields));
    expect(isSignedBy(new Map(Object.entries(signed(fields))), [other, secret])).toBe(true);
    expect(isSignedBy(new Map(Object.entries(signed(fields))), [])).toBe(false);
  });
});

describe("a timestamp", () => {
  const at = (seconds: number) => json(signed({ ...success, timestamp: String(nowSeconds + seconds) }));

  test.each([-301, -3_600, 301, 86_400])("%i seconds away is refused as stale", async (seconds) => {
    expect(await readingOf(at(seconds))).toBe("stale");
  });

  test.each([-300, -1, 0, 1, 300])("%i seconds away is fresh", async (seconds) => {
    expect(await verify(at(seconds))).toMatchObject({ ok: true });
  });

  test("is compared to the fraction of a second", async () => {
    const later = { ...clock, now: new Date(now.getTime() + 1) };

    expect(await readingOf(at(-300), account, later)).toBe("stale");
  });

  test.each(["-1", "1e9", "1763798400.0", "abc", "０", "1".repeat(13), "0x5f5e100", " 1763798400"])(
    "of %j is no timestamp",
    async (timestamp) => {
      expect(await readingOf(json(signed({ ...success, timestamp })))).toBe("malformed");
    },
  );

  test("in milliseconds is stale, not fresh for ever", async () => {
    expect(await verify(json(signed({ ...success, timestamp: String(now.getTime()) })))).toMatchObject({ ok: false });
  });

  test("may be missing or empty: gateways send the same notice again for a day", async () => {
    expect(await verify(json(signed(success)))).toMatchObject({ ok: true });
    expect(await verify(json(signed({ ...success, timestamp: "" })))).toMatchObject({ ok: true });
  });

  test("cannot be taken away from a signed notice to make it fresh", async () => {
    const { timestamp: _, ...without } = signed({ ...success, timestamp: "1" });

    expect(await readingOf(json(without))).toBe("signature_invalid");
  });
});

describe("a mock", () => {
  const unsignedMock: Account = { kind: "mock", secret, allowUnsigned: true };
  const signedMock: Account = { kind: "mock", secret };
  const development = { ...clock, production: false };

  test("that may go unsigned is refused in production", async () => {
    expect(await readingOf(json(success), unsignedMock)).toBe("unsigned_refused");
  });

  test("that was not told to may not go unsigned anywhere", async () => {
    expect(await readingOf(json(success), signedMock, development)).toBe("signature_invalid");
  });

  test("that signs wrongly or emptily is refused although it may go unsigned", async () => {
    expect(await readingOf(json({ ...success, sign: "" }), unsignedMock, development)).toBe("signature_invalid");
    expect(await readingOf(json(signed(success, other)), unsignedMock, development)).toBe("signature_invalid");
  });

  test("may go unsigned outside production where that was asked for, with every other check", async () => {
    expect(await verify(json(success), unsignedMock, development)).toMatchObject({ ok: true });
    expect(await readingOf(json({ ...success, timestamp: "1" }), unsignedMock, development)).toBe("stale");
    expect(await readingOf(json({ ...success, amount: "1e3" }), unsignedMock, development)).toBe("malformed");
  });

  test("alone may: the word means nothing in an hmac account that never saw its schema", async () => {
    const hmac = { ...account, allowUnsigned: true };

    expect(await readingOf(json(success), hmac, development)).toBe("signature_invalid");
  });

  test("signs as hmac does, in production too", async () => {
    expect(await verify(json(signed(success)), signedMock)).toMatchObject({ ok: true });
  });
});

describe("an account", () => {
  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "", "HMAC", "wechat"])(
    "of kind %j verifies nothing",
    async (kind) => {
      const foreign = { kind, secret } as unknown as Account;

      expect(await readingOf(json(signed(success)), foreign)).toBe("unknown_kind");
    },
  );

  test.each([null, 5, "hmac"])("that is %j is a refusal, not an error", async (nothing) => {
    expect(await verify(json(signed(success)), nothing as unknown as Account)).toMatchObject({ ok: false });
  });
});
