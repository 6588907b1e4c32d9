import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { openDatabase, providerHealth } from "@zhanggui/db";
import { startReceiver } from "@zhanggui/testing";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";

import { workerDatabase } from "./support/world.ts";

const main = new URL("../src/main.ts", import.meta.url);
const whsec = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const token = "token-0123456789abcdef";
const patienceMs = 25_000;

test("two workers send one alert once, and no secret is in what they say", async () => {
  const directory = mkdtempSync(join(tmpdir(), "zhanggui-alerts-"));
  const database = await workerDatabase();
  const db = openDatabase({ url: database.url, name: "test", poolSize: 2, onError: () => undefined });
  const receiver = await startReceiver();
  const children: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const child of children) child.kill("SIGKILL");
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(running.map((child) => once(child, "exit")));
    await receiver.close();
    await db.destroy();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });
  for (let call = 0; call < 10; call += 1) await providerHealth.noteUnknown(db, "mock");
  // The first try fails, so that a failure is told of as well.
  receiver.answer(() => (receiver.heard.length === 1 ? { status: 500, body: token } : {}));

  let said = "";
  for (let worker = 0; worker < 2; worker += 1) {
    const child = fork(main, {
      env: {
        DATA_DIR: directory,
        DATABASE_URL: database.url,
        LOG_LEVEL: "debug",
        ALERT_URLS: `webhook+${receiver.url}/${token}`,
        ALERT_SECRET: whsec,
      },
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child.stdout?.on("data", (chunk) => (said += String(chunk)));
    child.stderr?.on("data", (chunk) => (said += String(chunk)));
    children.push(child);
  }
  const until = performance.now() + patienceMs;
  while (receiver.heard.length < 2 && performance.now() < until) await sleep(100);
  // Both look at least once more.
  await sleep(6_000);

  expect(receiver.heard).toHaveLength(2);
  for (const { headers, body } of receiver.heard) {
    const signed = Object.fromEntries(
      ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(headers[name])]),
    );
    expect(new Webhook(whsec).verify(body, signed)).toMatchObject({
      type: "alert.firing",
      data: { key: "provider_unreachable:mock" },
    });
  }
  expect(new Set(receiver.heard.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(said).toContain("an alert was not taken; it is tried again");
  for (const hidden of [token, whsec, receiver.url]) expect(said).not.toContain(hidden);
  const jobs = await db.selectFrom("alert_messages").selectAll().execute();
  expect(JSON.stringify(jobs)).not.toContain(token);
});
