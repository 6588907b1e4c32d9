import { afterEach, expect, test } from "vitest";

import { signFields } from "../src/vendors/hmac/signed-fields.ts";
import { type World, secret, startWorld, until } from "./harness.ts";

let world: World;
afterEach(() => world.stop());

/** 15:59:59 UTC is the last second of the day in Shanghai. */
const lastSecond = new Date("2026-03-01T15:59:59Z");

async function statementOf(date: string, at: Date): Promise<string> {
  const response = await fetch(`${world.simulator.url}/gateways/mock/statement`, {
    method: "POST",
    body: JSON.stringify(signFields({ date }, secret, at)),
  });
  return response.text();
}

test("a statement lists what was paid and refunded on that day in Shanghai", async () => {
  let time = lastSecond;
  world = await startWorld({ now: () => time });
  const open = { time_expire: "2026-03-02T00:00:00Z" };
  await world.call("pay", { ...paymentFields(world, "today"), ...open }, time);
  await world.control("today", { do: "pay" });
  time = new Date(lastSecond.getTime() + 1_000);
  await world.call("pay", { ...paymentFields(world, "tomorrow"), ...open }, time);
  await world.control("tomorrow", { do: "pay" });

  await world.call("refund", refundFields(world, "tomorrow"), time);
  await until(async () => (await statementOf("2026-03-02", time)).includes("refund,"));

  const header = "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time";
  const today = (await statementOf("2026-03-01", time)).trimEnd().split("\n");
  const tomorrow = (await statementOf("2026-03-02", time)).trimEnd().split("\n");
  expect(today[0]).toBe(header);
  expect(today[1]).toMatch(/^payment,today,4200\d{6}20260301\d{10},,39.80,0.24,SUCCESS,2026-03-01T15:59:59.000Z$/);
  expect(today).toHaveLength(2);
  expect(tomorrow[1]).toMatch(/^payment,tomorrow,/);
  expect(tomorrow[2]).toMatch(/^refund,tomorrow,\d{28},r1,10.00,0.00,SUCCESS,2026-03-01T16:00:00.000Z$/);
});

function paymentFields({ receiver }: World, outTradeNo: string) {
  return { out_trade_no: outTradeNo, amount: "39.80", currency: "CNY", subject: "茶", notify_url: receiver.url };
}

function refundFields({ receiver }: World, outTradeNo: string) {
  return {
    out_trade_no: outTradeNo,
    out_refund_no: "r1",
    amount: "39.80",
    refund_amount: "10.00",
    notify_url: receiver.url,
  };
}
