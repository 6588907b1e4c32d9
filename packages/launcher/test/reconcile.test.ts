import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "@zhanggui/embedded";
import { expect, test } from "vitest";
import { z } from "zod";

import { ops, run } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

const testLimitMs = 90_000;
const orderSchema = z.object({
  order: z.object({ id: z.string(), status: z.string() }).optional(),
  payment: z.object({ id: z.string(), outTradeNo: z.string() }).optional(),
});
const productsSchema = z.object({ products: z.array(z.object({ sku: z.string() })) });
const header = "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time\n";

function fileOf(text: string): string {
  const file = join(scratchDirectory(), "statement.csv");
  writeFileSync(file, text);
  return file;
}

test("a file that is not there is one sentence and 2", async () => {
  const reconcile = (...args: readonly string[]) => ops({}, "reconcile", "--provider", "mock", ...args);

  expect(await reconcile("--file", "/nowhere.csv")).toMatchObject({
    code: 2,
    complained: expect.stringContaining("ENOENT"),
  });
  expect(await reconcile("--file", "/nowhere.csv", "--query")).toMatchObject({ code: 2 });
});

test(
  "the simulator's statement is downloaded and its planted differences found; a file can be brought as well",
  async () => {
    const where = { DATA_DIR: scratchDirectory(), API_PORT: String(await freePort()), LOG_LEVEL: "warn" };
    const started = run("start", where);
    await started.says("ready ");
    const { simulatorUrl } = JSON.parse(readFileSync(join(where.DATA_DIR, "running.json"), "utf8"));
    const { said: token } = await ops(where, "token", "--sub", "buyer", "--role", "customer");
    const api = async (method: string, path: string, body: object = {}) => {
      const response = await fetch(`http://127.0.0.1:${where.API_PORT}${path}`, {
        method,
        headers: { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" },
        ...(method === "GET" ? {} : { body: JSON.stringify(body) }),
      });
      return orderSchema.parse(await response.json());
    };
    const { said: products } = await ops(where, "token", "--sub", "admin", "--role", "admin");
    const listed = await fetch(`http://127.0.0.1:${where.API_PORT}/admin/products?limit=1`, {
      headers: { authorization: `Bearer ${products.trim()}` },
    });
    const sku = productsSchema.parse(await listed.json()).products[0]?.sku;
    const { order, payment } = await api("POST", "/orders", { items: [{ sku, quantity: 1 }], provider: "mock" });
    await api("POST", `/payments/${payment?.id}/start`);
    const played = await fetch(`${simulatorUrl}/control/mock/payments/${payment?.outTradeNo}/script`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ script: "statement-differences" }),
    });
    expect(played.ok, await played.text()).toBe(true);
    await expect
      .poll(async () => (await api("GET", `/orders/${order?.id}`)).order?.status, { timeout: 20_000 })
      .toBe("paid");

    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const done = await ops(where, "reconcile", "--provider", "mock", "--date", today, "--json");

    expect(done.code, done.complained).toBe(1);
    const { reconciliation, differences } = JSON.parse(done.said);
    expect(reconciliation).toMatchObject({ state: "differences", source: "downloaded", lines: 2 });
    const kinds = differences.map(({ kind }: { kind: string }) => kind);
    expect(kinds.toSorted()).toEqual(["amount", "missing_here"]);

    const file = (text: string, ...more: readonly string[]) =>
      ops(where, "reconcile", "--provider", "mock", "--date", "2026-11-20", "--file", fileOf(text), ...more);
    const differing = await file(`${header}payment,p1,strange-1,,39.80,0.24,SUCCESS,2026-11-20T12:00:00+08:00\n`);
    const agreeing = await file(header, "--json");
    const noStatement = await file("hello\n");
    const nobody = await ops(where, "reconcile", "--provider", "nobody");

    expect(differing).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/^100 %, \d+ lines read\ncomparing with the book\n/),
    });
    expect(differing.said).toMatch(/payment +missing_here +strange-1 +- +39\.80 +2 +SUCCESS +exc_/);
    expect(differing.said).toMatch(/differences 1: differences\.\n$/);
    expect(agreeing.code).toBe(0);
    expect(JSON.parse(agreeing.said)).toMatchObject({ reconciliation: { state: "matched" }, differences: [] });
    expect(noStatement).toMatchObject({
      code: 2,
      said: expect.stringContaining("Not done: the file has no column type"),
    });
    expect(nobody).toMatchObject({ code: 2, complained: "It could not be done: unknown_provider, nobody.\n" });
    started.process.kill("SIGTERM");
    expect(await started.ended).toBe(0);
  },
  testLimitMs,
);
