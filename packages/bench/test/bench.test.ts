import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { findRedis } from "@zhanggui/embedded";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const patienceMs = 180_000;

const positive = z.number().positive();
const spread = z.object({ p50: z.number(), p99: z.number(), max: z.number() });
const rate = z.object({ perSecond: positive, latencyMs: spread });

/** Every number that the bench promises. */
const report = z.object({
  machine: z.object({
    cpu: z.string(),
    cpus: positive,
    node: z.string(),
    postgres: z.string(),
    redis: z.string().optional(),
    commitMs: positive,
  }),
  ceilings: z.object({
    bareEndpoint: rate,
    plainSql: z.object({ placedPerSecond: positive, settledPerSecond: positive, expiredPerSecond: positive }),
  }),
  backends: z.array(
    z.object({
      backend: z.enum(["redis", "postgres"]),
      orders: rate,
      callbacks: z.object({ acknowledged: rate, settledPerSecond: positive, settledAfterMs: spread, sent: positive }),
      expiry: z.object({ lagMs: spread, expiredPerSecond: positive }),
      ceiling: z.object({ endpointWithAdd: rate }),
      ratios: z.object({
        ordersToPlainSql: positive,
        acknowledgedToBareEndpoint: positive,
        acknowledgedToEndpointWithAdd: positive,
        settledToPlainSql: positive,
        expiredToPlainSql: positive,
      }),
    }),
  ),
  conservation: z.array(
    z.object({ where: z.string(), ok: z.literal(true), broken: z.record(z.string(), z.literal(0)) }),
  ),
  ok: z.literal(true),
});

async function runBench(...words: readonly string[]) {
  const child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { output, errors, code: Number(code) };
}

test("a number that is none is refused before anything starts", async () => {
  const { errors, code } = await runBench("--orders", "many");

  expect(code).toBe(1);
  expect(errors).toContain("must be a whole number");
});

test("a quick run measures everything on every backend there is", { timeout: patienceMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "zhanggui-bench-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));

  const { output, errors, code } = await runBench("--quick", "--output", folder);

  expect(code, errors).toBe(0);
  const [file = "none"] = await readdir(folder);
  const measured = report.parse(JSON.parse(await readFile(join(folder, file), "utf8")));
  const backends = measured.backends.map(({ backend }) => backend);
  expect(backends).toEqual(findRedis() === undefined ? ["postgres"] : ["redis", "postgres"]);
  expect(measured.conservation.map(({ where }) => where)).toEqual(["plain SQL", ...backends]);
  expect(output).toContain("Conservation, postgres: holds");
});
