import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFlatBody, readFlatJson } from "../src/index.ts";
import { form, json, readingOf, request, signOf, signed, success, verify } from "./support/signed.ts";

const sign = signOf(success);
const text = JSON.stringify(signed(success));

describe("a JSON body is malformed", () => {
  test.each([
    ["empty", ""],
    ["not JSON", "{"],
    ["followed by something", `${text}x`],
    ["two documents", text + text],
    ["with a comment", `/* */${text}`],
    ["with a trailing comma", text.replace(/}$/, ",}")],
    ["null", "null"],
    ["a string", '"x"'],
    ["a number", "1"],
    ["an array", `[${text}]`],
    ["with a byte order mark", `\uFEFF${text}`],
    ["with an amount that is a number", text.replace('"39.80"', "39.80")],
    ["with a value that is true", text.replace('"39.80"', "true")],
    ["with a value that is null", text.replace('"39.80"', "null")],
    ["with a value that is an array", text.replace('"39.80"', '["39.80"]')],
    ["with a value that is an object", text.replace('"39.80"', '{"a":"39.80"}')],
    ["with a name said twice", text.replace("{", '{"amount":"0.01",')],
    ["with a name said twice, the same value", text.replace("{", '{"amount":"39.80",')],
    ["with a name said twice, once in escapes", text.replace("{", '{"\\u0061mount":"0.01",')],
    ["with __proto__", text.replace("{", '{"__proto__":"x",')],
    ["with constructor", text.replace("{", '{"constructor":"x",')],
    ["with prototype", text.replace("{", '{"prototype":"x",')],
    ["with an empty name", text.replace("{", '{"":"x",')],
    ["with half a surrogate pair", text.replace("{", '{"attach":"\\ud800",')],
    ["with half a surrogate pair in a name", text.replace("{", '{"\\udc00":"x",')],
    ["nested a thousand deep", "[".repeat(1_000) + "]".repeat(1_000)],
  ])("when it is %s", async (_, body) => {
    expect(await readingOf(json(body))).toBe("malformed");
  });

  test("when its bytes are not UTF-8", async () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);

      expect(await readingOf(request("application/json", body))).toBe("malformed");
    }
  });

  test("when it is UTF-16, or GBK", async () => {
    expect(
      await readingOf(request("application/json; charset=utf-16", Buffer.from(text, "utf16le"))),
    ).not.toMatchObject({ status: "succeeded" });
    const gbk = Buffer.concat([Buffer.from('{"attach":"'), Buffer.from([0xc1, 0xfa, 0xbe, 0xae]), Buffer.from('"}')]);
    expect(await readingOf(request("application/json; charset=gbk", gbk))).toBe("malformed");
  });

  test("when it has more than two hundred fields", async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${at}`, "x"]));

    expect(await readingOf(json(signed({ ...success, ...many })))).toBe("malformed");
  });
});

describe("a form body is malformed", () => {
  const good = Buffer.from(form(signed(success)).body).toString("utf8");

  test.each([
    ["with a name said twice", `${good}&amount=39.80`],
    ["with a name said twice, once in escapes", `${good}&%61mount=0.01`],
    ["with sign said twice", `${good}&sign=${sign}`],
    ["with a broken escape", `${good}&a=%`],
    ["with half an escape", `${good}&a=%4`],
    ["with an escape of no hexadecimal", `${good}&a=%zz`],
    ["with an escape that is not UTF-8", `${good}&a=%ff`],
    ["with an escaped half surrogate", `${good}&a=%ed%a0%80`],
    ["with an empty pair", `${good}&`],
    ["with empty pairs", `${good}&&&`],
    ["with an empty name", `${good}&=x`],
    ["with __proto__", `${good}&__proto__=x`],
    ["with constructor", `${good}&constructor=x`],
  ])("when it is %s", async (_, body) => {
    expect(await readingOf(form(body))).toBe("malformed");
  });

  test("when its bytes are not UTF-8", async () => {
    const body = Buffer.concat([Buffer.from(`${good}&a=`), Buffer.from([0xc1, 0xfa])]);

    expect(await readingOf(request("application/x-www-form-urlencoded", body))).toBe("malformed");
  });

  test("or does not verify when it starts with a byte order mark", async () => {
    expect(await verify(form(`\uFEFF${good}`))).toMatchObject({ ok: false });
  });

  test("or does not verify when its values are arrays in brackets", async () => {
    expect(await readingOf(form(`${good}&attach[]=1&attach[]=2`))).toBe("malformed");
  });
});

describe("a media type", () => {
  test.each(["", "text/plain", "text/xml", "application/jsonp", "multipart/form-data; boundary=x", "application"])(
    "of %j is refused",
    async (contentType) => {
      expect(await readingOf(request(contentType, text))).toBe("unsupported_media_type");
    },
  );

  test("that is missing is refused", async () => {
    expect(await readingOf({ ...json(text), headers: {} })).toBe("unsupported_media_type");
  });

  test.each(["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", " application/json ;x"])(
    "of %j is read",
    async (contentType) => {
      expect(await verify(request(contentType, text))).toMatchObject({ ok: true });
    },
  );
});

describe("whatever is sent", () => {
  test("what is signed reads back as it was meant, as JSON and as a form", async () => {
    const unharmful = fc.string({ minLength: 1, unit: "grapheme" }).filter((name) => name.isWellFormed());
    const extras = fc.dictionary(
      unharmful.map((name) => `x_${name}`),
      unharmful,
      { maxKeys: 6 },
    );

    await fc.assert(
      fc.asyncProperty(extras, async (extra) => {
        const sent = signed({ ...success, ...extra });

        expect(await verify(json(sent))).toMatchObject({ ok: true });
        expect(await verify(form(sent))).toMatchObject({ ok: true });
      }),
      { numRuns: 1_000 },
    );
  });

  test("a flat reading holds exactly what was written, or nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (fields) => {
        const read = readFlatJson(JSON.stringify(fields));

        expect(read && Object.fromEntries(read)).toEqual({ ...fields });
      }),
      { numRuns: 2_000 },
    );
  });

  test("sixty-four thousand bytes of quotes and backslashes are read in no time", () => {
    for (const body of ['"'.repeat(65_536), `{"a":"${"\\\\".repeat(32_000)}"}`, `{"a":"${'\\"'.repeat(32_000)}"}`]) {
      const started = performance.now();

      readFlatBody("application/json", Buffer.from(body));

      expect(performance.now() - started).toBeLessThan(500);
    }
  });
});
