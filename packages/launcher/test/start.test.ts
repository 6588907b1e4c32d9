import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { openDatabase } from "@zhanggui/db";
import { freePort } from "@zhanggui/embedded";
import { expect, test } from "vitest";

import { findRunning } from "../src/running.ts";
import { leftovers, processesOf } from "./processes.ts";
import { ops, run } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

const testLimitMs = 60_000;
const stopLimitMs = 10_000;
const hasProc = existsSync("/proc/self/cmdline");

async function place() {
  return { DATA_DIR: scratchDirectory(), API_PORT: String(await freePort()), LOG_LEVEL: "warn" };
}

type Place = Awaited<ReturnType<typeof place>>;

async function call(where: Place, method: string, path: string, body?: object): Promise<Response> {
  const { said: token } = await ops(where, "token", "--sub", "tester", "--role", "admin");
  return fetch(`http://127.0.0.1:${where.API_PORT}${path}`, {
    method,
    headers: { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test(
  "the whole system starts with one ready line and stops within 10 s, and nothing stays behind",
  async () => {
    const where = await place();
    const started = run("start", where);

    await started.says("ready ");
    const runningFile = join(where.DATA_DIR, "running.json");
    const readiness = await fetch(`http://127.0.0.1:${where.API_PORT}/readyz`);
    const { simulatorUrl } = JSON.parse(readFileSync(runningFile, "utf8"));
    const shop = await fetch(`${simulatorUrl}/shop`);
    const catalogue = await (await call(where, "GET", "/admin/products?limit=100")).text();
    const mode = statSync(runningFile).mode & 0o777;
    started.process.kill("SIGTERM");
    const asked = performance.now();
    const code = await started.ended;

    expect(started.stdout().match(/^ready .*$/gm)).toEqual([`ready http://127.0.0.1:${where.API_PORT}`]);
    expect(readiness.status).toBe(200);
    expect(shop.status).toBe(200);
    expect(catalogue).toContain("西湖龙井茶");
    expect(mode).toBe(0o600);
    expect(code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(stopLimitMs);
    expect(existsSync(runningFile)).toBe(false);
    if (hasProc) expect(processesOf(where.DATA_DIR)).toEqual([]);
  },
  testLimitMs,
);

test(
  "starting again keeps the data, with the queue in PostgreSQL as well as in Redis",
  async () => {
    const where = await place();
    const first = run("start", where);
    await first.says("ready ");
    await call(where, "PUT", "/admin/products/kept", { name: "留着", price: "1.00", available: 7, reason: "test" });
    first.process.kill("SIGINT");
    await first.ended;

    const second = run("start", { ...where, QUEUE: "postgres" });
    await second.says("ready ");
    const catalogue = await (await call(where, "GET", "/admin/products?limit=100")).text();
    const { redisUrl } = JSON.parse(readFileSync(join(where.DATA_DIR, "running.json"), "utf8"));

    expect(catalogue).toContain("留着");
    expect(second.stdout()).toContain("in PostgreSQL (QUEUE=postgres)");
    expect(redisUrl).toBeUndefined();
  },
  testLimitMs,
);

test(
  "one data directory takes one start, and the second is told where the first is",
  async () => {
    const where = await place();
    const first = run("start", where);
    await first.says("ready ");

    const second = run("start", { ...where, API_PORT: String(await freePort()) });

    expect(await second.ended).toBe(1);
    expect(second.stderr()).toBe(
      `The data directory ${where.DATA_DIR} is in use by another start, process ${first.process.pid} at http://127.0.0.1:${where.API_PORT}: stop that, or name another directory in DATA_DIR.\n`,
    );
  },
  testLimitMs,
);

test.skipIf(!hasProc)(
  "a process that dies is started again; one whose start was killed ends",
  async () => {
    const where = await place();
    const started = run("start", where);
    await started.says("ready ");
    const api = processesOf(where.DATA_DIR).find(({ command }) => command.includes("apps/api"));

    if (api !== undefined) process.kill(api.pid, "SIGKILL");
    await expect
      .poll(() => started.stderr(), { timeout: stopLimitMs })
      .toBe("The api ended unexpectedly (SIGKILL): starting it again.\n");
    const answers = () =>
      fetch(`http://127.0.0.1:${where.API_PORT}/readyz`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(answers, { timeout: stopLimitMs }).toBe(200);
    started.process.kill("SIGKILL");

    expect(await leftovers(where.DATA_DIR, stopLimitMs)).toEqual([]);
  },
  testLimitMs,
);

test.each([0, 600, 1_200])(
  "a wish to stop %i ms into the start is met, and the next is not minded",
  async (delayMs) => {
    const where = await place();
    const started = run("start", where);

    await started.says("Starting");
    await sleep(delayMs);
    started.process.kill("SIGINT");
    await sleep(20);
    started.process.kill("SIGINT");

    expect(await started.ended).toBe(0);
    if (hasProc) expect(processesOf(where.DATA_DIR)).toEqual([]);
  },
  testLimitMs,
);

test(
  "ops works on the system that runs, and ends with a report",
  async () => {
    const where = await place();
    const started = run("start", where);
    await started.says("ready ");
    const order = { items: [{ sku: "lamp-desk-led", quantity: 1 }], provider: "mock" };
    const placed = await call(where, "POST", "/orders", order);

    const dry = await ops(where, "cancel-unpaid", "--minutes", "0", "--dry-run");
    const rebuilt = await ops(where, "rebuild-queues");
    const wet = await ops(where, "cancel-unpaid", "--minutes", "0");
    const again = await ops(where, "cancel-unpaid", "--minutes", "0");
    const checked = await ops(where, "check", "--json");
    const strange = await ops(where, "check", "--audit-head", "0".repeat(64));

    expect(placed.status).toBe(201);
    expect(dry).toMatchObject({ code: 0, complained: "" });
    expect(dry.said).toContain("found 1, would be cancelled 1.\nDry run: nothing was changed.");
    expect(rebuilt.said).toBe("Rebuilt: 1 timers of pending orders, 0 notices to settle, 0 refunds to send.\n");
    expect(wet.code).toBe(0);
    expect(wet.said).toContain("found 1, cancelled 1, paid meanwhile 0, waiting for gateway 0, errors 0.");
    expect(again.said).toContain("found 0, cancelled 0,");
    expect(checked).toMatchObject({ code: 0, complained: "" });
    expect(JSON.parse(checked.said)).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: "audit-chain", ok: true })]),
    });
    expect(strange).toMatchObject({
      code: 1,
      said: expect.stringMatching(/^audit-chain +BROKEN +no seal has the head/m),
    });
  },
  testLimitMs,
);

/** Counts one piece of every product as sold that nobody has bought. */
async function miscount(where: Place): Promise<void> {
  const url = findRunning(where.DATA_DIR)?.databaseUrl ?? "";
  const db = openDatabase({ url, name: "test", poolSize: 1, onError: () => undefined });
  await db.updateTable("products").set({ sold: 1 }).where("sku", "=", "lamp-desk-led").execute();
  await db.destroy();
}

test(
  "ops finds what somebody broke, shows how it would be mended, mends it when told so, and takes it back",
  async () => {
    const where = await place();
    const started = run("start", where);
    await started.says("ready ");
    const law = ["--law", "stock-sold"];

    const well = await ops(where, "repair", ...law);
    await miscount(where);
    const checked = await ops(where, "check", ...law);
    const shown = await ops(where, "repair", ...law);
    const unsaid = await ops(where, "repair", ...law, "--yes");
    const dry = await ops(where, "repair", ...law, "--yes", "--dry-run", "--reason", "counted");
    const mended = await ops(where, "repair", ...law, "--yes", "--reason", "counted");
    const after = await ops(where, "check", ...law);
    const [plan = ""] = /rep_\w+/.exec(shown.said) ?? [];
    const undone = await ops(where, "repair", "--undo", "--id", plan, "--reason", "it was right");
    const again = await ops(where, "check", ...law);

    expect(well).toMatchObject({ code: 0, said: "Nothing is broken.\n" });
    expect(checked).toMatchObject({ code: 1, said: expect.stringContaining("Checks 1, broken 1.") });
    expect(shown).toMatchObject({ code: 0, said: expect.stringContaining("products lamp-desk-led: sold 1 → 0") });
    expect(shown.said).toContain("update products set sold = $1 where sku = $2");
    expect(unsaid).toMatchObject({ code: 1, complained: expect.stringContaining("--reason") });
    expect(dry).toMatchObject({ code: 0, said: expect.stringContaining("Nothing was changed") });
    expect(mended).toMatchObject({ code: 0, said: expect.stringMatching(/rep_\w+ +mended/) });
    expect(after).toMatchObject({ code: 0, said: expect.stringContaining("broken 0") });
    expect(undone).toMatchObject({ code: 0, said: `${plan}: taken back\n` });
    expect(again.code).toBe(1);
  },
  testLimitMs,
);
