import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";

import { reconcile, resolveException } from "../src/index.ts";
import type { GatewayServer } from "./support/gateway-server.ts";
import { type Paid, paidOrder, refundDesk, refunded } from "./support/refund-desk.ts";
import { type Shop, newTransactionId, paid, standing, startedOrder, tell } from "./support/shop.ts";
import {
  type Line,
  bookedAt,
  bytesOf,
  casesOf,
  compare,
  differencesOf,
  forgetStatements,
  shanghaiDay,
  statementText,
} from "./support/statements.ts";
import { useShopAtGateway } from "./support/use-shop-at-gateway.ts";

let gateway: GatewayServer;
let shop: Shop;
useShopAtGateway((itsShop, itsGateway) => {
  shop = itsShop;
  gateway = itsGateway;
});
beforeEach(() => forgetStatements(shop));

const today = shanghaiDay();
const noon = new Date(`${today}T12:00:00+08:00`);

/** An order that was paid at noon of today. */
async function paidAtNoon(at = noon): Promise<Paid> {
  const placed = await paidOrder(shop);
  await bookedAt(shop, placed.transactionId, at);
  return placed;
}

const lineOf = ({ payment, transactionId }: Paid, more: Line = {}): Line => ({
  outTradeNo: payment.outTradeNo,
  transactionId,
  amount: payment.amount,
  ...more,
});
const about = (transactionId: string) => `transaction:gate:${transactionId}`;

describe("a day whose statement says the same as the book", () => {
  test("is matched, with its sums and what the gateway kept", async () => {
    const first = await paidAtNoon();
    const second = await paidAtNoon();

    const { run, differences } = await compare(shop, [lineOf(first), lineOf(second)]);

    expect(differences).toEqual([]);
    expect(run).toMatchObject({ state: "matched", lines: 2, repeats: 0, pending: 0, source: "file", day: today });
    expect(run.totals).toEqual([
      {
        type: "payment",
        currency: "CNY",
        ours: { count: 2, amount: "79.60" },
        theirs: { count: 2, amount: "79.60" },
        fee: "0.48000",
      },
    ]);
  });

  test("is matched when nothing happened", async () => {
    expect((await compare(shop, [])).run).toMatchObject({ state: "matched", lines: 0, totals: [] });
  });

  test("is matched when a line is told twice, which is counted", async () => {
    const placed = await paidAtNoon();

    const { run } = await compare(shop, [lineOf(placed), lineOf(placed)]);

    expect(run).toMatchObject({ state: "matched", repeats: 1 });
    expect(run.totals[0]?.theirs).toEqual({ count: 1, amount: "39.80" });
  });
});

describe("money that only the statement tells of", () => {
  test("under nobody's number is a case, and nothing is booked from it", async () => {
    const { run, differences } = await compare(shop, [{ outTradeNo: "P0NOBODY0001", transactionId: "strange-1" }]);

    expect(differences).toEqual(["payment missing_here strange-1"]);
    expect(run).toMatchObject({ state: "differences", differences: 1 });
    expect(await casesOf(shop, about("strange-1"))).toEqual(["unmatched_payment open"]);
    expect(
      await shop.db.selectFrom("receipts").selectAll().where("transaction_id", "=", "strange-1").execute(),
    ).toEqual([]);
  });

  test("under our number is asked about, and settled by the gateway's signed answer alone", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed);
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });

    const { run, differences } = await compare(shop, [
      { outTradeNo: placed.payment.outTradeNo, transactionId: words["transaction_id"] ?? "" },
    ]);

    expect(differences).toEqual([`payment missing_here ${words["transaction_id"]} settled`]);
    expect(run).toMatchObject({ state: "matched", differences: 0 });
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid", exceptions: [] });
  });

  test("under our number, which the gateway itself calls unpaid, changes nothing but opens its order's case", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const transactionId = newTransactionId();

    const { differences } = await compare(shop, [{ outTradeNo: placed.payment.outTradeNo, transactionId }]);

    expect(differences).toEqual([`payment missing_here ${transactionId} unpaid`]);
    expect(await standing(shop, placed.order.id)).toMatchObject({
      order: "pending",
      money: [],
      exceptions: ["unmatched_payment"],
    });
  });

  test("and was not paid after all is no money", async () => {
    const { run } = await compare(shop, [{ outTradeNo: "P0NOBODY0001", transactionId: "closed-1", status: "CLOSED" }]);

    expect(run).toMatchObject({ state: "matched", totals: [] });
  });
});

describe("money that the statement does not tell of", () => {
  test("is a case", async () => {
    const placed = await paidAtNoon();

    const { differences } = await compare(shop, []);

    expect(differences).toEqual([`payment missing_there ${placed.transactionId}`]);
    expect(await casesOf(shop, about(placed.transactionId))).toEqual(["unknown_status open"]);
  });

  test("has its case closed by a later run that finds it", async () => {
    const placed = await paidAtNoon();
    await compare(shop, []);

    const { run } = await compare(shop, [lineOf(placed)]);

    expect(run.state).toBe("matched");
    expect(await casesOf(shop, about(placed.transactionId))).toEqual(["unknown_status resolved"]);
  });

  test("has its case opened again when it is gone again, unless a person has decided on it", async () => {
    const [first, second] = [await paidAtNoon(), await paidAtNoon()];
    await compare(shop, []);
    await compare(shop, [lineOf(first), lineOf(second)]);
    await compare(shop, [lineOf(second)]);
    expect(await casesOf(shop, about(first.transactionId))).toEqual(["unknown_status open"]);

    const [open] = await shop.db
      .selectFrom("exceptions")
      .selectAll()
      .where("subject", "=", about(first.transactionId))
      .execute();
    await resolveException(shop.engine, {
      exceptionId: open?.id ?? "",
      action: "write_off",
      reason: "the gateway said so on the telephone",
      by: { sub: "admin-1", role: "admin" },
    });
    const { run } = await compare(shop, [lineOf(second)]);

    expect(run).toMatchObject({ state: "differences", differences: 1 });
    expect(await casesOf(shop, about(first.transactionId))).toEqual(["unknown_status resolved"]);
  });

  test("opens no second case beside the one that is open about it", async () => {
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed, { amount: "0.01" });
    await tell(shop, words, "gate");

    const { differences } = await compare(shop, []);

    const transactionId = words["transaction_id"] ?? "";
    expect(differences).toEqual([`payment missing_there ${transactionId}`]);
    expect(await casesOf(shop, about(transactionId))).toEqual(["amount_mismatch open"]);
  });
});

test("another amount, and another state, are differences that change nothing", async () => {
  const [short, closed] = [await paidAtNoon(), await paidAtNoon()];

  const { differences } = await compare(shop, [
    lineOf(short, { amount: "39.79" }),
    lineOf(closed, { status: "CLOSED" }),
  ]);

  expect(differences).toEqual([`payment amount ${short.transactionId}`, `payment state ${closed.transactionId}`]);
  expect(await casesOf(shop, about(short.transactionId))).toEqual(["amount_mismatch open"]);
  expect(await casesOf(shop, about(closed.transactionId))).toEqual(["unknown_status open"]);
  expect(await standing(shop, short.order.id)).toMatchObject({ order: "paid", money: ["39.80"] });
});

test("the same file again finds the same differences and opens no case twice", async () => {
  await paidAtNoon();
  const lines = [{ outTradeNo: "P0NOBODY0002", transactionId: "strange-2" }];
  const first = await compare(shop, lines);

  const second = await compare(shop, lines);

  expect(second.differences).toEqual(first.differences);
  expect(second.run.id).not.toBe(first.run.id);
  expect(await casesOf(shop, about("strange-2"))).toEqual(["unmatched_payment open"]);
  const kept = await shop.db.selectFrom("statement_lines").select("reconciliation_id").execute();
  expect(kept.map(({ reconciliation_id }) => reconciliation_id)).toEqual([second.run.id]);
});

describe("near the end of a day", () => {
  const yesterday = shanghaiDay(-1);
  const lastSecond = new Date(`${yesterday}T23:59:59+08:00`);

  test("money may stand in the next day's file, and waits for it", async () => {
    const placed = await paidAtNoon(lastSecond);

    const before = await compare(shop, [], { date: yesterday });
    const after = await compare(shop, [lineOf(placed)]);

    expect(before.run).toMatchObject({ state: "matched", pending: 1 });
    expect(after.run).toMatchObject({ state: "matched", pending: 0 });
    expect((await compare(shop, [], { date: yesterday })).run).toMatchObject({ state: "matched", pending: 0 });
  });

  test("money that is in neither file is a difference once both are here", async () => {
    const placed = await paidAtNoon(lastSecond);
    await compare(shop, [], { date: yesterday });

    const { differences } = await compare(shop, []);

    expect(differences).toEqual([`payment missing_there ${placed.transactionId}`]);
  });

  test("our clock may be the later one: money of 00:00 may stand in the file of the day before", async () => {
    const placed = await paidAtNoon(new Date(`${today}T00:00:01+08:00`));
    await compare(shop, [lineOf(placed)], { date: yesterday });

    expect((await compare(shop, [])).run).toMatchObject({ state: "matched", pending: 0 });
  });
});

describe("a refund", () => {
  const refundAbout = (number: string) => `refund:gate:${number}`;
  const refundLine = (placed: Paid, outRefundNo: string, more: Line = {}): Line =>
    lineOf(placed, { type: "refund", outRefundNo, amount: "10.00", fee: "0.00", ...more });

  async function gaveBack(status = "SUCCESS") {
    const placed = await paidAtNoon();
    refundDesk(gateway, status);
    const { outRefundNo, id } = await refunded(shop, placed, "10.00");
    await shop.db
      .updateTable("refunds")
      .set({ succeeded_at: noon })
      .where("id", "=", id)
      .where("status", "=", "succeeded")
      .execute();
    await sql`update refunds set created_at = ${noon} where id = ${id}`.execute(shop.db);
    return { placed, outRefundNo, id };
  }

  test("that both have is matched by our number", async () => {
    const { placed, outRefundNo } = await gaveBack();

    const { run } = await compare(shop, [lineOf(placed), refundLine(placed, outRefundNo)]);

    expect(run.state).toBe("matched");
    expect(run.totals[1]).toMatchObject({ type: "refund", ours: { count: 1, amount: "10.00" } });
  });

  test("that only one has, or with another amount or end, is a case of its own", async () => {
    const missing = await gaveBack();
    const other = await gaveBack();
    const failed = await gaveBack();
    const payments = [missing, other, failed].map(({ placed }) => lineOf(placed));

    const { differences } = await compare(shop, [
      ...payments,
      refundLine(other.placed, other.outRefundNo, { amount: "9.99" }),
      refundLine(failed.placed, failed.outRefundNo, { status: "FAIL" }),
      refundLine(failed.placed, "RSTRANGE0001"),
    ]);

    expect(differences).toEqual([
      `refund amount ${other.outRefundNo}`,
      "refund missing_here RSTRANGE0001",
      `refund missing_there ${missing.outRefundNo}`,
      `refund state ${failed.outRefundNo}`,
    ]);
    expect(await casesOf(shop, refundAbout(other.outRefundNo))).toEqual(["amount_mismatch open"]);
    for (const number of ["RSTRANGE0001", missing.outRefundNo, failed.outRefundNo]) {
      expect(await casesOf(shop, refundAbout(number))).toEqual(["refund_unknown open"]);
    }
  });

  test("whose success we have not heard of is asked about and settled", async () => {
    const { placed, outRefundNo } = await gaveBack("PROCESSING");
    gateway.answer({ "/refund-query": () => ({ code: "SUCCESS", refund_id: "G1", refund_status: "SUCCESS" }) });

    const { run, differences } = await compare(shop, [lineOf(placed), refundLine(placed, outRefundNo)]);

    expect(differences).toEqual([`refund state ${outRefundNo} settled`]);
    expect(run.state).toBe("matched");
  });
});

describe("a file that is no statement", () => {
  test.each([
    ["of another layout", "hello,world\n1,2\n", "the file has no column type"],
    ["that is empty", "", "the file is empty"],
    ["with a line of a megabyte", `${statementText([])}${"x".repeat(1_000_000)}`, "Max Record Size"],
    [
      "of lines that cannot be read",
      `${statementText([])}${"payment,a,b,,1,0,SUCCESS,never\n".repeat(101)}`,
      "101|more than 100 lines cannot be read; line 2",
    ],
  ])("%s fails, and leaves what was here before", async (_, text, why) => {
    const placed = await paidAtNoon();
    await compare(shop, [lineOf(placed)]);

    const { outcome, run } = await compare(shop, text);

    expect(outcome).toMatchObject({ kind: "not_done", why: expect.stringMatching(new RegExp(why)) });
    expect(run.state).toBe("failed");
    const kept = await shop.db.selectFrom("statement_lines").select("key").execute();
    expect(kept.map(({ key }) => key)).toEqual([placed.transactionId]);
  });

  test("but for a line: that one is named, and the day is not matched", async () => {
    const placed = await paidAtNoon();

    const { run } = await compare(
      shop,
      `${statementText([lineOf(placed)])}payment,a,b,,39.801,0,SUCCESS,2026-11-22T00:00:00Z\n`,
    );

    expect(run).toMatchObject({ state: "differences", differences: 0, unreadable: 1, lines: 2 });
    expect(run.unreadable_lines).toEqual([{ number: 3, why: 'amount "39.801" is no amount' }]);
  });

  test("is read by one run at a time", async () => {
    async function* slow() {
      yield Buffer.from(statementText([]));
      await expect(compare(shop, [])).rejects.toMatchObject({ code: "invalid_transition" });
    }

    const outcome = await reconcile(shop.engine, {
      provider: "gate",
      date: today,
      source: "file",
      file: slow(),
      askedBy: "test",
    });

    expect(outcome).toMatchObject({ kind: "done", run: { state: "matched" } });
  });

  test("a download that breaks off is not done", async () => {
    async function* broken() {
      yield* bytesOf(statementText([]));
      throw new Error("terminated");
    }

    const outcome = await reconcile(shop.engine, { provider: "gate", source: "file", file: broken(), askedBy: "test" });

    expect(outcome).toMatchObject({ kind: "not_done", why: "the file broke off: terminated" });
  });
});

describe("without a statement, by asking (T+0)", () => {
  const ask = () => reconcile(shop.engine, { provider: "gate", source: "query", askedBy: "test" });

  test("each payment and refund of today is asked about once", async () => {
    const placed = await paidOrder(shop);
    const words = { ...placed.payment, transaction_id: placed.transactionId, status: "SUCCESS" };
    gateway.answer({
      "/query": () => ({
        code: "SUCCESS",
        amount: words.amount,
        status: "SUCCESS",
        transaction_id: placed.transactionId,
      }),
    });

    const outcome = await ask();

    expect(outcome).toMatchObject({ kind: "done", run: { state: "matched", source: "query", lines: 1 } });
    expect(outcome.run.totals[0]).toMatchObject({ ours: { count: 1 }, theirs: { count: 1, amount: "39.80" } });
    expect(gateway.calls).toEqual(["/query"]);
  });

  test("what the gateway says otherwise is a difference, and comes right when it says so", async () => {
    const placed = await paidOrder(shop);
    gateway.answer({ "/query": () => ({ code: "NOT_FOUND" }) });
    const first = await ask();
    expect(await differencesOf(shop, first.run.id)).toEqual([`payment missing_there ${placed.transactionId}`]);
    expect(await casesOf(shop, about(placed.transactionId))).toEqual(["unknown_status open"]);

    gateway.answer({
      "/query": () => ({ code: "SUCCESS", amount: "39.80", status: "SUCCESS", transaction_id: placed.transactionId }),
    });
    expect((await ask()).run.state).toBe("matched");

    expect(await casesOf(shop, about(placed.transactionId))).toEqual(["unknown_status resolved"]);
  });

  test("money of an open attempt is found and settled", async () => {
    await shop.db
      .updateTable("payments")
      .set({ started_at: new Date(0) })
      .execute();
    const placed = await startedOrder(shop, { provider: "gate" });
    const words = paid(placed);
    gateway.answer({ "/query": () => ({ code: "SUCCESS", ...words }) });

    const { run } = await ask();

    expect(await differencesOf(shop, run.id)).toEqual([`payment missing_here ${words["transaction_id"]} settled`]);
    expect(await standing(shop, placed.order.id)).toMatchObject({ order: "paid" });
  });

  test("a gateway that does not answer leaves it undone", async () => {
    await paidOrder(shop);
    gateway.answer({ "/query": () => undefined });

    expect(await ask()).toMatchObject({
      kind: "not_done",
      why: expect.stringContaining("1 of 1 calls were not heard"),
    });
  });
});
