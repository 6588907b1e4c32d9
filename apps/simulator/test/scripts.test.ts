import { type Account, verifyCallback } from "@zhanggui/gateways";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { resolveScript } from "../src/scripts/resolve-script.ts";
import { readScripts } from "../src/scripts/read-scripts.ts";
import { shanghaiDay } from "../src/shanghai.ts";
import { signFields } from "../src/vendors/hmac/signed-fields.ts";
import { type World, account, fieldsOf, secret, startWorld, until } from "./harness.ts";
import { endOf, playScript, runOf, startScript } from "./play-script.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await world.openPayment("p1");
});
afterEach(() => world.stop());

type Told = { readonly status?: string; readonly amount?: string; readonly verdict: string };

/** What came, in order, and what the shop's own verifier says of it. */
async function told(by: Account = account): Promise<readonly Told[]> {
  return Promise.all(
    world.receiver.received.map(async (request, index) => {
      const { status = "", amount = "" } = fieldsOf(world.receiver, index);
      const verification = await verifyCallback(by, request, { now: new Date(), production: true });
      return { status, amount, verdict: verification.ok ? verification.verifiedBy : verification.reason };
    }),
  );
}

async function asked(): Promise<string | undefined> {
  return (await world.call("query", { out_trade_no: "p1" }))["status"];
}

const success = { status: "SUCCESS", amount: "39.80", verdict: "secret" };

describe("notices", () => {
  test("pay: one notice tells of it", async () => {
    expect((await playScript(world, "p1", { script: "pay" })).progress).toEqual({ state: "done" });

    expect(await told()).toEqual([success]);
  });

  test("duplicate: the notice and twenty copies, each signed on its own", async () => {
    await playScript(world, "p1", { script: "duplicate" });

    expect(await told()).toEqual(Array.from({ length: 21 }, () => success));
    expect(new Set(world.receiver.received.map((_, index) => fieldsOf(world.receiver, index)["nonce"])).size).toBe(21);
  });

  test("reorder: older notices arrive after the success", async () => {
    await playScript(world, "p1", { script: "reorder" });

    expect((await told()).map(({ status }) => status)).toEqual(["SUCCESS", "USERPAYING", "FAILED"]);
    expect(await asked()).toBe("SUCCESS");
  });

  test("overtaken: the notice that was held is sent last, and the money was there all along", async () => {
    const started = await startScript(world, "p1", { script: "overtaken" });
    await until(() => world.receiver.received.length === 1);

    expect(await asked()).toBe("SUCCESS");
    await endOf(world, (await runOf(started)).id);
    expect((await told()).map(({ status }) => status)).toEqual(["USERPAYING", "SUCCESS"]);
  });

  test("drop: nobody is told, and a query tells the truth", async () => {
    await playScript(world, "p1", { script: "drop" });

    expect(world.receiver.received).toHaveLength(0);
    expect(await asked()).toBe("SUCCESS");
  });

  test("forged: three with a foreign key, and no money moves", async () => {
    await playScript(world, "p1", { script: "forged" });

    expect((await told()).map(({ verdict }) => verdict)).toEqual(Array(3).fill("signature_invalid"));
    expect(await asked()).toBe("NOTPAY");
  });

  test("rotated-key: signed with the account's other secret", async () => {
    await world.stop();
    const rotating: Account = { kind: "mock", secret: "the new secret", previousSecrets: ["the old secret"] };
    world = await startWorld({ providers: new Map([["mock", rotating]]) });
    await openWith("the new secret");

    await playScript(world, "p1", { script: "rotated-key" });

    expect(await told(rotating)).toEqual([{ ...success, verdict: "previous secret 1" }]);
  });
});

describe("money", () => {
  test.each([
    ["one-fen-short", "39.79"],
    ["hundredfold", "3980.00"],
  ])("%s: %s is paid and told", async (script, amount) => {
    await playScript(world, "p1", { script });

    expect(await told()).toEqual([{ ...success, amount }]);
    expect(await world.call("query", { out_trade_no: "p1" })).toMatchObject({ status: "SUCCESS", amount });
  });

  test("pay-twice: two transactions under one number, each told, and both in the statement", async () => {
    await playScript(world, "p1", { script: "pay-twice" });

    const [first, second] = [0, 1].map((index) => fieldsOf(world.receiver, index)["transaction_id"]);
    expect(await told()).toEqual([success, success]);
    expect(second).not.toBe(first);
    expect(await world.call("query", { out_trade_no: "p1" })).toMatchObject({ transaction_id: first });
    expect((await statementLines()).map((cells) => cells[2])).toEqual([first, second]);
  });

  test("late: nothing is paid before the deadline", async () => {
    const expires = Date.now() + 400;
    await world.openPayment("soon", { time_expire: new Date(expires).toISOString() });

    await playScript(world, "soon", { script: "late" });

    expect(Date.now()).toBeGreaterThanOrEqual(expires);
    expect(await told()).toEqual([success]);
  });

  test("success-after-close: it waits until the merchant has closed the payment", async () => {
    const started = await startScript(world, "p1", { script: "success-after-close" });
    expect(await asked()).toBe("NOTPAY");

    await world.call("close", { out_trade_no: "p1" });

    expect((await endOf(world, (await runOf(started)).id)).progress).toEqual({ state: "done" });
    expect(await told()).toEqual([success]);
  });

  test("success-after-close: paid meanwhile, it will never be closed, and the run says so", async () => {
    const started = await startScript(world, "p1", { script: "success-after-close" });
    await world.control("p1", { do: "pay" });

    const run = await endOf(world, (await runOf(started)).id);

    expect(run.progress).toEqual({ state: "failed", why: "already_paid" });
  });

  test("refund-pending-then-failed: processing for two minutes of the gateway, then failed and told", async () => {
    await playScript(world, "p1", { script: "refund-pending-then-failed" });

    const answer = await world.call("refund", refundFields());
    const takenAt = performance.now();
    await until(() => world.receiver.received.length === 2);

    expect(answer).toMatchObject({ code: "SUCCESS", refund_status: "PROCESSING" });
    expect(performance.now() - takenAt).toBeGreaterThanOrEqual(90);
    expect(fieldsOf(world.receiver, 1)).toMatchObject({ out_refund_no: "r1", refund_status: "FAIL" });
    expect(await world.call("refund-query", { out_refund_no: "r1" })).toMatchObject({ refund_status: "FAIL" });
  });
});

describe("statement", () => {
  test("statement-differences: one fen short, and a transaction that nobody knows", async () => {
    await playScript(world, "p1", { script: "statement-differences" });

    const lines = await statementLines();

    expect(lines.map((cells) => cells[4])).toEqual(["39.79", "39.80"]);
    expect(lines[1]?.[1]).not.toBe("p1");
    expect(lines[1]?.[2]).not.toBe(lines[0]?.[2]);
    expect(await world.call("query", { out_trade_no: "p1" })).toMatchObject({ amount: "39.80" });
  });

  test("statement-missing: the payment is left out", async () => {
    await playScript(world, "p1", { script: "statement-missing" });

    expect(await statementLines()).toEqual([]);
  });

  test("statement-status: it shows as closed", async () => {
    await playScript(world, "p1", { script: "statement-status" });

    expect((await statementLines()).map((cells) => cells[6])).toEqual(["CLOSED"]);
  });

  test("what is planted is remembered over a restart", async () => {
    await playScript(world, "p1", { script: "statement-missing" });

    world = await world.restart();

    expect(await statementLines()).toEqual([]);
  });
});

describe("storm", () => {
  test("the same seed makes the same steps, another seed others", () => {
    const storm = readScripts().get("storm");
    if (storm === undefined) throw new Error("there is no storm");

    const plays = [1, 2, 3, 4, 5].map((seed) => JSON.stringify(resolveScript(storm, seed)));

    expect(plays).toEqual([1, 2, 3, 4, 5].map((seed) => JSON.stringify(resolveScript(storm, seed))));
    expect(new Set(plays).size).toBe(plays.length);
  });

  test(
    "a run says its seed, and another run with it sends the same in the same order",
    { timeout: 30_000 },
    async () => {
      const first = await playScript(world, "p1", { script: "storm" });
      const sent = await told();
      await world.openPayment("p2");
      const second = await playScript(world, "p2", { script: "storm", seed: first.seed });

      expect(second.steps.map(({ state, do: verb }) => [verb, state])).toEqual(
        first.steps.map(({ state, do: verb }) => [verb, state]),
      );
      expect((await told()).slice(sent.length)).toEqual(sent);
    },
  );
});

/** Opens the payment at an account with another secret. */
async function openWith(ownSecret: string): Promise<void> {
  const fields = {
    out_trade_no: "p1",
    amount: "39.80",
    currency: "CNY",
    subject: "茶",
    notify_url: world.receiver.url,
    time_expire: new Date(Date.now() + 60_000).toISOString(),
  };
  await fetch(`${world.simulator.url}/gateways/mock/pay`, {
    method: "POST",
    body: JSON.stringify(signFields(fields, ownSecret, new Date())),
  });
}

function refundFields() {
  return {
    out_trade_no: "p1",
    out_refund_no: "r1",
    amount: "39.80",
    refund_amount: "10.00",
    notify_url: world.receiver.url,
  };
}

async function statementLines(): Promise<readonly (readonly string[])[]> {
  const date = shanghaiDay(new Date());
  const response = await fetch(`${world.simulator.url}/gateways/mock/statement`, {
    method: "POST",
    body: JSON.stringify(signFields({ date }, secret, new Date())),
  });
  const [, ...lines] = (await response.text()).trimEnd().split("\n");
  return lines.map((line) => line.split(","));
}
