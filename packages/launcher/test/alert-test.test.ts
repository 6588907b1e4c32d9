import { createHmac } from "node:crypto";

import { type Receiver, startReceiver } from "@zhanggui/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { ops } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
beforeEach(() => {
  receiver.heard.length = 0;
  receiver.answer(({ path }) => ({ body: path.startsWith("/slack") ? "ok" : '{"errcode":0,"errmsg":"ok"}' }));
});
afterAll(() => receiver.close());

const whsec = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

function variables(): Readonly<Record<string, string>> {
  return {
    DATA_DIR: scratchDirectory(),
    PUBLIC_URL: "https://shop.example",
    ALERT_URLS: [
      `webhook+${receiver.url}/hook-0123456789`,
      `dingtalk+${receiver.url}/ding?access_token=token-0123456789#SECding`,
      `slack+${receiver.url}/slack/token-0123456789`,
    ].join(),
    ALERT_SECRET: whsec,
    ALERT_LANGUAGE: "en",
  };
}

test("every address gets a test, and what each answered is printed without a secret", async () => {
  const { code, said, complained } = await ops(variables(), "alert", "test");

  expect(complained).toBe("");
  expect(code).toBe(0);
  expect(said).toMatch(/webhook-[0-9a-f]{8} +taken +200/);
  expect(said).toMatch(/dingtalk-[0-9a-f]{8} +taken +200 0 ok/);
  expect(said).toMatch(/slack-[0-9a-f]{8} +taken +200 ok/);
  expect(said).not.toMatch(/0123456789|SECding|whsec_/);
  expect(receiver.heard).toHaveLength(3);
  const ding = receiver.heard.find(({ path }) => path.startsWith("/ding"));
  const query = new URL(ding?.path ?? "", receiver.url).searchParams;
  const signed = createHmac("sha256", "SECding")
    .update(`${query.get("timestamp")}\nSECding`)
    .digest("base64");
  expect(query.get("sign")).toBe(signed);
  expect(ding?.body).toContain("https://shop.example/dashboard");
});

test("one that does not take it is told, and makes the exit code 1", async () => {
  receiver.answer(({ path }) => (path.startsWith("/slack") ? { status: 404, body: "no_service" } : { body: "{}" }));

  const { code, said } = await ops(variables(), "alert", "test");

  expect(code).toBe(1);
  expect(said).toMatch(/slack-[0-9a-f]{8} +NOT TAKEN +404 no_service/);
  expect(said).toMatch(/dingtalk-[0-9a-f]{8} +NOT TAKEN +200 an answer without a code/);
});

test("one format can be tried alone", async () => {
  const { code } = await ops(variables(), "alert", "test", "--format", "slack");

  expect(code).toBe(0);
  expect(receiver.heard.map(({ path }) => path)).toEqual(["/slack/token-0123456789"]);
});

test("no address at all is one sentence", async () => {
  const { code, complained } = await ops({ DATA_DIR: scratchDirectory() }, "alert", "test");

  expect(code).toBe(1);
  expect(complained).toBe("ALERT_URLS names no address.\n");
});
