import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createLogger } from "@zhanggui/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";

import { openBook } from "../src/book/book.ts";
import type { Payment } from "../src/book/records.ts";

const deps = { logger: createLogger("simulator", "silent"), now: () => new Date() };

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "zhanggui-simulator-"));
  path = join(directory, "journal.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

const payment: Payment = {
  kind: "payment",
  provider: "mock",
  outTradeNo: "p1",
  transactionId: "4200000000202603010000000001",
  amount: "39.80",
  currency: "CNY",
  subject: "茶",
  notifyUrl: "http://127.0.0.1/callbacks/mock",
  expiresAt: "2026-03-01T00:30:00.000Z",
  createdAt: "2026-03-01T00:00:00.000Z",
  standing: { status: "NOTPAY" },
};
const closed: Payment = { ...payment, standing: { status: "CLOSED" } };

test("the last record of a payment is what is remembered, and starting again keeps only it", async () => {
  const book = await openBook(directory, deps);
  book.put(payment);
  book.put(closed);
  book.close();

  const reopened = await openBook(directory, deps);
  reopened.close();

  expect(reopened.find("mock", "p1")?.payment).toEqual(closed);
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(1);
});

test("a last line that a crash tore is dropped", async () => {
  await writeFile(path, `${JSON.stringify(payment)}\n`);
  await appendFile(path, JSON.stringify(closed).slice(0, 40));

  const book = await openBook(directory, deps);
  book.close();

  expect(book.find("mock", "p1")?.payment).toEqual(payment);
});

const line = JSON.stringify(payment);

test.each([
  ["of an earlier form", `{"kind":"payment"}\n${line}\n`],
  ["of an earlier form, and the last one,", `${line}\n{"kind":"payment"}\n`],
  ["that is damaged in the middle", `${line.slice(0, 40)}\n${line}\n`],
])("a journal with a line %s is set aside as it is, with a warning, and a new one begun", async (_, unreadable) => {
  await writeFile(path, unreadable);
  const warned: unknown[] = [];
  const logger = { warn: (...said: unknown[]) => void warned.push(said[0]) };

  const book = await openBook(directory, { logger, now: () => new Date("2026-03-01T00:00:00Z") });
  book.put(closed);
  book.close();

  const aside = join(directory, "journal.2026-03-01T00-00-00.000Z.jsonl");
  expect(await readFile(aside, "utf8")).toBe(unreadable);
  expect(await readFile(path, "utf8")).toBe(`${JSON.stringify(closed)}\n`);
  expect(warned).toEqual([{ aside }]);
});
