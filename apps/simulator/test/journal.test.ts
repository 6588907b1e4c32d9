import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { openBook } from "../src/book/book.ts";
import type { Payment } from "../src/book/records.ts";

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
  const book = await openBook(directory);
  book.put(payment);
  book.put(closed);
  book.close();

  const reopened = await openBook(directory);
  reopened.close();

  expect(reopened.find("mock", "p1")?.payment).toEqual(closed);
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(1);
});

test("a last line that a crash tore is dropped", async () => {
  await writeFile(path, `${JSON.stringify(payment)}\n`);
  await appendFile(path, JSON.stringify(closed).slice(0, 40));

  const book = await openBook(directory);
  book.close();

  expect(book.find("mock", "p1")?.payment).toEqual(payment);
});

test("a line that is damaged in the middle stops the start, and the file is left as it is", async () => {
  const damaged = `{"kind":"payment"}\n${JSON.stringify(payment)}\n`;
  await writeFile(path, damaged);

  await expect(openBook(directory)).rejects.toThrow("is damaged");

  expect(await readFile(path, "utf8")).toBe(damaged);
});
