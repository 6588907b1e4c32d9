import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type EveryVendor, startEveryVendor, vendors } from "./every-vendor.ts";
import { until } from "./harness.ts";

let world: EveryVendor;
beforeAll(async () => {
  world = await startEveryVendor();
});
afterAll(() => world.stop());

/** A buyer who was charged twice, and the gateway's two numbers. */
async function chargeTwice(provider: string, outTradeNo: string) {
  const { refund } = await world.openAt(provider, outTradeNo);
  await world.play(provider, outTradeNo, { do: "pay" });
  await world.play(provider, outTradeNo, { do: "pay", transactionId: "another" });
  const { payment } = await world.lookAt(provider, outTradeNo);
  const [second = ""] = payment.paidAgain.map(({ transactionId }) => transactionId);
  return {
    first: payment.transactionId,
    second,
    refund: (transactionId: string, outRefundNo: string, amount: string) =>
      refund({ transactionId, outRefundNo: `${outTradeNo}${outRefundNo}`, amount }),
    refundsHaveEnded: async () =>
      (await world.lookAt(provider, outTradeNo)).refunds.every(({ standing }) => standing.status === "SUCCESS"),
  };
}

describe.each(vendors)("a buyer whom %s charged twice", (provider) => {
  test("gets each charge back in full, and no fen more", async () => {
    const outTradeNo = `${provider}Both00001`;
    const { first, second, refund, refundsHaveEnded } = await chargeTwice(provider, outTradeNo);

    const whole = [await refund(second, "R1", "39.80"), await refund(first, "R2", "39.80")];
    await until(refundsHaveEnded);
    const beyond = [await refund(second, "R3", "0.01"), await refund(first, "R4", "0.01")];

    expect(whole).toMatchObject([{ kind: "accepted" }, { kind: "accepted" }]);
    expect(beyond.map(({ kind }) => kind)).not.toContain("accepted");
    expect((await world.lookAt(provider, outTradeNo)).refunds).toHaveLength(2);
  });

  test("is told of each refund under the number of the charge that it gives back", async () => {
    const outTradeNo = `${provider}Told00001`;
    const { first, second, refund, refundsHaveEnded } = await chargeTwice(provider, outTradeNo);

    await refund(first, "R1", "39.80");
    await refund(second, "R2", "10.00");
    await until(refundsHaveEnded);

    const { deliveries } = await world.lookAt(provider, outTradeNo);
    const told = deliveries.flatMap(({ facts: { outRefundNo, transactionId, amount } }) =>
      outRefundNo === undefined ? [] : [`${outRefundNo} of ${transactionId}, ${amount}`],
    );
    expect(new Set(told)).toEqual(
      new Set([`${outTradeNo}R1 of ${first}, 39.80`, `${outTradeNo}R2 of ${second}, 39.80`]),
    );
  });
});
