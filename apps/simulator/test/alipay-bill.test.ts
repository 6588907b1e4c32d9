import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { afterEach, expect, test } from "vitest";

import { type AlipayWorld, startAlipay } from "./alipay-world.ts";

let world: AlipayWorld;
afterEach(() => world.stop());

const gbk = new TextDecoder("gbk", { fatal: true });
let time: Date;

/** 23:59:50 in Beijing. */
const lateEvening = new Date("2026-03-01T15:59:50Z");

async function startWithMoney(): Promise<void> {
  time = lateEvening;
  world = await startAlipay({ now: () => time });
  await world.calls.pay(world.account, world.paying("p1", { subject: "茶, 两盒" }), world.outside);
  await world.calls.pay(world.account, world.paying("p2"), world.outside);
  await world.visit("p1");
  time = new Date(lateEvening.getTime() + 5_000);
  await world.play("p1", { do: "pay" });
  await world.calls.refund(world.account, world.refunding("p1", "r1", "10.00"), world.outside);
  time = new Date(lateEvening.getTime() + 15_000);
  await world.play("p2", { do: "pay" });
}

async function detailOf(date: string): Promise<readonly string[]> {
  const answer = await world.calls.statement(world.account, date, world.outside);
  if (answer.kind !== "downloaded") throw new Error(answer.why);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.file) chunks.push(chunk);
  return gbk.decode(Buffer.concat(chunks)).split("\r\n");
}

test("a day's bill has 25 columns in GBK, numbers that end with a tab, and refunds below zero", async () => {
  await startWithMoney();

  const lines = await detailOf("2026-03-01");

  const header = lines[4]?.split(",") ?? [];
  const paid = lines[5] ?? "";
  const refunded = lines[6]?.split(",") ?? [];
  expect(lines.slice(0, 4)).toEqual([
    "#支付宝业务明细查询",
    "#账号：[20880000000001090156]",
    "#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]",
    "#-----------------------------------------业务明细列表----------------------------------------",
  ]);
  expect(header).toHaveLength(25);
  expect(header[0]).toBe("支付宝交易号");
  expect(header[24]).toBe("备注");
  expect(paid).toMatch(/^20260301\d{20}\t,p1\t,交易,"茶, 两盒",2026-03-01 23:59:50,2026-03-01 23:59:55,/);
  expect(paid).toMatch(/,39\.80,39\.80,(?:0\.00,){5},0\.00,0\.00,,-0\.24,0\.00,$/);
  expect(paid.replace("茶, 两盒", "").split(",")).toHaveLength(25);
  expect(refunded.slice(1, 3)).toEqual(["p1\t", "退款"]);
  expect(refunded.length - header.length).toBe(1);
  expect(refunded.slice(12, 14)).toEqual(["-10.00", "-10.00"]);
  expect(refunded[22]).toBe("r1\t");
  expect(lines.slice(7)).toEqual([
    "#-----------------------------------------业务明细列表结束------------------------------------",
    "#交易合计：1笔，商家实收共39.80元，商家优惠共0.00元",
    "#退款合计：1笔，商家实收退款共-10.00元，商家优惠退款共0.00元",
    "#导出时间：[2026年03月02日 00:00:05]",
    "",
  ]);
});

test("the day after has its own, and a month has both", async () => {
  await startWithMoney();

  const [next] = (await detailOf("2026-03-02")).slice(5);
  const { files } = await archiveOf("2026-03");

  expect(next).toContain("p2\t");
  const [detail = "", summary = ""] = files.map(({ text }) => text);
  expect(detail.split("\r\n").filter((line) => line.startsWith("2026"))).toHaveLength(3);
  expect(detail).toContain("终止日期：[2026年04月01日 00:00:00]");
  expect(summary).toContain("合计,,2,1,69.60,69.60,0.00,0.00,0.00,-0.48,0.00,69.12");
});

test("the archive holds the detail and its summary under GBK names", async () => {
  await startWithMoney();

  const { files } = await archiveOf("2026-03-01");

  expect(files.map(({ name }) => name)).toEqual([
    "20880000000001090156_20260301_业务明细.csv",
    "20880000000001090156_20260301_业务明细(汇总).csv",
  ]);
});

test("there is no bill of a day to come", async () => {
  await startWithMoney();

  const answer = await world.calls.statement(world.account, "2026-03-03", world.outside);

  expect(answer).toEqual({ kind: "not_ready", why: "isp.bill_not_exist" });
});

test("the address of a bill is good for 30 seconds and for its own day only", async () => {
  await startWithMoney();
  const { url } = await archiveOf("2026-03-01");

  const other = await fetch(url.replace("2026-03-01", "2026-03-02"));
  time = new Date(time.getTime() + 30_001);
  const late = await fetch(url);

  expect([other.status, late.status]).toEqual([403, 403]);
});

async function archiveOf(date: string) {
  let url = "";
  const outside = {
    ...world.outside,
    fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
      url = input instanceof Request ? input.url : String(input);
      return fetch(input, init);
    },
  };
  await world.calls.statement(world.account, date, outside);
  const zip = new ZipReader(new Uint8ArrayReader(new Uint8Array(await (await fetch(url)).arrayBuffer())));
  const files = [];
  for (const entry of await zip.getEntries()) {
    if (entry.directory) continue;
    files.push({
      name: gbk.decode(entry.rawFilename),
      text: gbk.decode(await entry.getData(new Uint8ArrayWriter(), { useWebWorkers: false })),
    });
  }
  return { url, files };
}
