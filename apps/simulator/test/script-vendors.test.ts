import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type EveryVendor, startEveryVendor, vendors } from "./every-vendor.ts";
import { endOf, runOf } from "./play-script.ts";

let world: EveryVendor;
beforeAll(async () => {
  world = await startEveryVendor();
});
afterAll(() => world.stop());

async function play(provider: string, outTradeNo: string, script: object | string) {
  const url = `${world.simulator.url}/control/${provider}/payments/${outTradeNo}/script`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ script }) });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return endOf(world, (await runOf(response)).id);
}

function answering(call: string, ...ways: readonly string[]) {
  return { steps: ways.map((way) => ({ do: "answer", call, with: way })) };
}

describe.each(vendors)("%s", (provider) => {
  test("queries that are lost, refused or know nothing reach the shop as such, and the next one finds", async () => {
    const { query } = await world.openAt(provider, `${provider}Query00001`);
    const seen: string[] = [];

    for (const way of ["lose", "error", "not_found"]) {
      await play(provider, `${provider}Query00001`, answering("query", way));
      seen.push(await query());
    }

    expect(seen).toEqual(["unknown", "unknown", "not_found"]);
    expect(await query()).toBe("found");
  });

  test("a refund whose answer is lost was made, and asking again with its number makes no other", async () => {
    const outTradeNo = `${provider}Refund0001`;
    const opened = await world.openAt(provider, outTradeNo);
    const refund = async (transactionId: string) =>
      (await opened.refund({ transactionId, outRefundNo: `${outTradeNo}R`, amount: "10.00" })).kind;
    await play(provider, outTradeNo, "pay");
    const { payment } = await world.lookAt(provider, outTradeNo);
    await play(provider, outTradeNo, answering("refund", "lose"));

    expect(await refund(payment.transactionId)).toBe("unknown");
    expect((await world.lookAt(provider, outTradeNo)).refunds).toHaveLength(1);
    await refund(payment.transactionId);
    expect((await world.lookAt(provider, outTradeNo)).refunds).toHaveLength(1);
  });

  test("the buyer can be charged twice under one number", async () => {
    const outTradeNo = `${provider}Twice00001`;
    await world.openAt(provider, outTradeNo);
    const run = await play(provider, outTradeNo, "pay-twice");

    expect(run.steps.map(({ state }) => state)).toEqual(["done", "done"]);
    expect((await world.lookAt(provider, outTradeNo)).payment.paidAgain).toHaveLength(1);
  });
});

describe.each(vendors.filter((provider) => provider !== "unionpay"))("closing at %s", (provider) => {
  test("the buyer pays at the moment of the close, and the shop hears that it is paid", async () => {
    const { close } = await world.openAt(provider, `${provider}Close00001`);
    await play(provider, `${provider}Close00001`, "paid-on-close");

    expect(await close()).toBe("paid");
  });
});
