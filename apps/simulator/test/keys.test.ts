import { generateKeyPairSync } from "node:crypto";

import { expect, test } from "vitest";

import { readKeys } from "../src/keys/read-keys.ts";

const pem = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;

function problemsOf(value: unknown): readonly string[] {
  const reading = readKeys(JSON.stringify(value));
  return reading.ok ? [] : reading.problems;
}

test("text that is not JSON is refused", () => {
  expect(readKeys("{")).toEqual({ ok: false, problems: ["is not JSON"] });
});

test("every mistake is named by its place and none by its value", () => {
  const problems = problemsOf({
    a: { kind: "alipay", alipayPrivateKey: "a secret that is no key" },
    b: { kind: "wechat-v3", platformKeys: [] },
    c: { kind: "wechat-v3", platformKeys: [{ serial: "0A", type: "certificate", privateKey: pem }] },
    d: { kind: "unionpay", signCert: "none", signPrivateKey: pem },
    e: { kind: "stripe" },
  });

  const places = ["a.alipayPrivateKey", "b.platformKeys", "c.platformKeys.0.certificate", "d.signCert", "e.kind"];
  expect(problems.map((problem) => problem.split(":")[0])).toEqual(places);
  expect(problems.join(" ")).not.toContain("a secret that is no key");
});

test("keys are read by provider id", () => {
  const alipay = { kind: "alipay", alipayPrivateKey: pem } as const;
  const wechat = {
    kind: "wechat-v3",
    platformKeys: [{ serial: "PUB_KEY_ID_1", type: "publicKey", privateKey: pem }],
  } as const;

  const reading = readKeys(JSON.stringify({ alipay, wechat }));

  expect(reading).toEqual({ ok: true, keys: new Map<string, unknown>(Object.entries({ alipay, wechat })) });
});
