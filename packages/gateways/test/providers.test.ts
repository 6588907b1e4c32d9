import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { gatewayOf, loadProviders, mockProvider, readProviders } from "../src/index.ts";

const hidden = "s3cr3t-that-must-not-be-printed";

function problemsOf(value: unknown, production = false): readonly string[] {
  const reading = readProviders(typeof value === "string" ? value : JSON.stringify(value), production);
  return reading.ok ? [] : reading.problems;
}

describe("a providers file has problems", () => {
  test.each([
    ["not JSON", `{"till":{"secret":"${hidden}"`, "JSON"],
    ["an array", [{ kind: "hmac", secret: hidden }], "file"],
    ["empty", {}, "names no provider"],
    ["of an unknown kind", { till: { kind: "constructor", secret: hidden } }, "till"],
    ["without a kind", { till: { secret: hidden } }, "till"],
    ["without a secret", { till: { kind: "hmac" } }, "till.secret"],
    ["with an empty secret", { till: { kind: "hmac", secret: "" } }, "till.secret"],
    [
      "with an empty previous secret",
      { till: { kind: "hmac", secret: hidden, previousSecrets: [""] } },
      "previousSecrets",
    ],
    ["with a field too many", { till: { kind: "hmac", secret: hidden, allowUnsigned: true } }, "allowUnsigned"],
    ["with a bad id", { "Till Number 1": { kind: "hmac", secret: hidden } }, "Till Number 1"],
    ["with __proto__ for an id", `{"__proto__":{"kind":"hmac","secret":"${hidden}"}}`, "file"],
    ["with a bad address", { till: { kind: "hmac", secret: hidden, baseUrl: `ftp://${hidden}/` } }, "till.baseUrl"],
    ["with a secret for an address", { till: { kind: "hmac", secret: hidden, baseUrl: hidden } }, "till.baseUrl"],
    ["with a secret of another type", { till: { kind: "hmac", secret: [hidden] } }, "till.secret"],
  ])("when it is %s, named without the secret", (_, value, named) => {
    const problems = problemsOf(value);

    expect(problems.join("\n")).toContain(named);
    expect(problems.join("\n")).not.toContain(hidden);
  });

  test("in production when a mock may go unsigned or a secret is short", () => {
    const problems = problemsOf(
      { demo: { kind: "mock", secret: hidden, allowUnsigned: true }, till: { kind: "hmac", secret: "shortest" } },
      true,
    );

    expect(problems).toEqual([expect.stringContaining("demo.allowUnsigned"), expect.stringContaining("till.secret")]);
    expect(problems.join()).not.toContain("shortest");
  });

  test("in production when an account is called unencrypted over the network, but not on this machine", () => {
    const till = { kind: "hmac", secret: hidden };
    const problems = problemsOf(
      { far: { ...till, baseUrl: "http://pay.test" }, near: { ...till, baseUrl: "http://127.0.0.1:8080" } },
      true,
    );

    expect(problems).toEqual(["far.baseUrl: must be https in production"]);
  });

  test("and all of them are named at once", () => {
    const problems = problemsOf({ one: { kind: "hmac" }, two: { kind: "hmac", secret: "" } });

    expect(problems.map((problem) => problem.split(":")[0])).toEqual(["one.secret", "two.secret"]);
  });

  test("that never show a secret, wherever it was put by mistake", () => {
    const place = fc.constantFrom("kind", "secret", "previousSecrets", "baseUrl", "allowUnsigned");
    const value = fc.constantFrom<unknown>(hidden, [hidden], { a: hidden }, [[hidden]], `http://${hidden}:x`, null, 5);
    const provider = fc.dictionary(place, value);

    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("till", "demo", "T", "__proto__"), provider),
        fc.boolean(),
        (file, production) => {
          expect(problemsOf(file, production).join("\n")).not.toContain(hidden);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("a providers file", () => {
  test("is read into accounts by id", () => {
    const reading = readProviders(
      JSON.stringify({
        till: { kind: "hmac", secret: hidden, previousSecrets: ["older"], baseUrl: "https://gateway.test/api" },
        demo: { kind: "mock", secret: hidden, allowUnsigned: true },
      }),
      false,
    );

    expect(reading.ok && [...reading.providers.keys()]).toEqual(["till", "demo"]);
  });

  const file = join(tmpdir(), `providers-${randomUUID()}.json`);
  afterAll(() => rm(file, { force: true }));

  test("is named with each of its problems when it is loaded", async () => {
    await writeFile(file, JSON.stringify({ till: { kind: "hmac", secret: "", extra: hidden } }));

    await expect(loadProviders(file, false)).rejects.toMatchObject({
      problems: [expect.stringContaining(`${file}: till`), expect.any(String)],
    });
    await expect(loadProviders(`${file}.missing`, false)).rejects.toThrow("ENOENT");
  });

  test("is loaded when it is right", async () => {
    await writeFile(file, JSON.stringify({ till: { kind: "hmac", secret: hidden } }));

    expect([...(await loadProviders(file, true))]).toEqual([["till", { kind: "hmac", secret: hidden }]]);
  });

  test("is not needed for development: one signed mock", () => {
    const account = mockProvider(hidden, undefined).get("mock");

    expect(account).toEqual({ kind: "mock", secret: hidden });
  });
});

describe("an acknowledgement", () => {
  const { acknowledge } = gatewayOf({ kind: "hmac", secret: hidden });

  test("of a refusal carries its status and says FAIL", () => {
    const refused = acknowledge.refused(401, 'bad "sign"');

    expect(refused).toMatchObject({ status: 401, contentType: "application/json" });
    expect(JSON.parse(refused.body)).toEqual({ code: "FAIL", message: 'bad "sign"' });
  });

  test("of a notice that is safe is exactly what the contract says", () => {
    expect(acknowledge.accepted).toEqual({
      status: 200,
      contentType: "application/json",
      body: '{"code":"SUCCESS"}',
    });
  });
});
