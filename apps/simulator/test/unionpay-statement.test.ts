import { buffer } from "node:stream/consumers";

import { Decimal } from "@zhanggui/domain";
import { afterAll, beforeAll, expect, test } from "vitest";

import { until } from "./harness.ts";
import {
  type UnionpayPair,
  type UnionpayWorld,
  beijing,
  makePair,
  newNumber,
  signedByMerchant,
  startUnionpay,
} from "./unionpay-world.ts";

/** The widths of a ZM file's columns as UnionPay's SDK cuts them. */
const widths = [
  3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
  8, 32, 13, 13, 12, 2, 1, 32, 98,
];

let pair: UnionpayPair;
let world: UnionpayWorld;
let now = new Date("2030-12-31T22:30:00+08:00");
beforeAll(async () => {
  pair = await makePair();
  world = await startUnionpay(pair, { now: () => now });
});
afterAll(() => world.stop());

function statement(date: string) {
  return world.calls.statement(world.account, date, world.outside);
}

/** The columns of each line, counted in bytes and from one. */
async function linesOf(date: string): Promise<readonly (readonly string[])[]> {
  const answer = await statement(date);
  if (answer.kind !== "downloaded") throw new Error(answer.why);
  const text = (await buffer(answer.file)).toString("latin1");
  return text
    .split("\r\n")
    .slice(0, -1)
    .map((line) => {
      expect(line).toHaveLength(widths.reduce((sum, width) => sum + width + 1, -1));
      let at = 0;
      return ["", ...widths.map((width) => line.slice(at, (at += width + 1)).trim())];
    });
}

async function openPaid(): Promise<{ readonly outTradeNo: string; readonly transactionId: string }> {
  const outTradeNo = await world.open({ startedAt: now, expiresAt: new Date(now.getTime() + 60_000) });
  await world.play(outTradeNo, { do: "pay" });
  const attempt = world.paying(outTradeNo, { startedAt: now });
  const answer = await world.calls.query(world.account, attempt, world.outside);
  return { outTradeNo, transactionId: answer.kind === "found" ? (answer.notice.transactionId ?? "") : "" };
}

test("a day of which there is no file is said to have none", async () => {
  expect(await statement("2030-12-30")).toMatchObject({ kind: "not_ready", why: "UnionPay answered 98 文件不存在" });
});

test("the file of a day has its payments and refunds, and ends at 23:00 of Beijing", async () => {
  const early = await openPaid();
  const refund = {
    ...early,
    outRefundNo: newNumber(),
    requestedAt: now,
    amount: new Decimal("39.80"),
    refundAmount: new Decimal("10.00"),
    currency: "CNY",
    reason: "",
    notifyUrl: world.receiver.url,
  };
  await world.calls.refund(world.account, refund, world.outside);
  await until(async () => {
    const answer = await world.calls.refundQuery(world.account, refund, world.outside);
    return answer.kind === "found" && answer.status === "refund_succeeded";
  });
  now = new Date("2030-12-31T23:00:00+08:00");
  const late = await openPaid();
  now = new Date("2031-01-01T10:00:00+08:00");

  const [payment = [], refunded = [], ...more] = await linesOf("2030-12-31");
  const next = await linesOf("2031-01-01");

  expect(more).toEqual([]);
  expect([payment[1], payment[5], payment[7], payment[10], payment[12], payment[20]]).toEqual([
    "S22",
    "1231223000",
    "000000003980",
    early.transactionId,
    early.outTradeNo,
    "01",
  ]);
  expect([payment[16], payment[17], payment[28]]).toEqual(["D000000000024", "C000000003956", pair.account.merId]);
  expect([refunded[1], refunded[7], refunded[12], refunded[20]]).toEqual([
    "S30",
    "000000001000",
    refund.outRefundNo,
    "04",
  ]);
  expect([refunded[27], refunded[41]]).toEqual([early.transactionId, early.outTradeNo]);
  expect(next.map((line) => line[12])).toEqual([late.outTradeNo]);
});

test("a day is told without its year, and is the last one of its name", async () => {
  const ask = (settleDate: string) =>
    world.ask(
      "fileDownload",
      signedByMerchant(pair, {
        bizType: "000000",
        txnType: "76",
        txnSubType: "01",
        fileType: "00",
        settleDate,
        txnTime: beijing(now),
      }),
    );

  expect(await ask("1231")).toMatchObject({ respCode: "00", fileName: `${pair.account.merId}_20301231.zip` });
  expect(await ask("0230")).toMatchObject({ respCode: "98", settleDate: "0230" });
});
