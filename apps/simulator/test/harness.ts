import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Account, readFlatJson, verifyCallback } from "@zhanggui/gateways";
import { createLogger } from "@zhanggui/runtime";

import { type Simulator, type SimulatorOptions, startSimulator } from "../src/index.ts";
import { type Fields, signFields } from "../src/vendors/hmac/signed-fields.ts";
import { type Receiver, type Reply, startReceiver } from "./receiver.ts";

export const secret = "a secret that only the gateway and the shop know";
export const account: Account = { kind: "mock", secret };

const pollMs = 5;
const patienceMs = 5_000;

export type World = {
  readonly simulator: Simulator;
  readonly receiver: Receiver;
  readonly call: (name: string, fields: Fields, at?: Date) => Promise<Fields>;
  readonly openPayment: (outTradeNo: string, overrides?: Fields) => Promise<Fields>;
  readonly control: (outTradeNo: string, instruction: object) => Promise<Response>;
  readonly restart: () => Promise<World>;
  readonly stop: () => Promise<void>;
};

export type WorldOptions = Partial<SimulatorOptions> & { readonly reply?: (count: number) => Reply };

/** A simulator on a free port with a journal of its own, and a receiver for its notices. */
export async function startWorld({ reply, ...options }: WorldOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-simulator-"));
  const receiver = await startReceiver(reply);
  return world(receiver, { ...defaults, directory, ...options });
}

const defaults = {
  providers: new Map([["mock", account]]),
  speed: 1_000,
  apiUrl: "http://127.0.0.1:9",
  jwtSecret: undefined,
  logger: createLogger("simulator", "silent"),
  now: () => new Date(),
} as const;

async function world(receiver: Receiver, options: SimulatorOptions): Promise<World> {
  const simulator = await startSimulator(options);
  const call: World["call"] = async (name, fields, at = new Date()) => {
    const response = await fetch(`${simulator.url}/gateways/mock/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(signFields(fields, secret, at)),
    });
    return Object.fromEntries(readFlatJson(await response.text()) ?? []);
  };
  return {
    simulator,
    receiver,
    call,
    openPayment: (outTradeNo, overrides = {}) =>
      call("pay", {
        out_trade_no: outTradeNo,
        amount: "39.80",
        currency: "CNY",
        subject: "龙井茶 × 2",
        notify_url: receiver.url,
        time_expire: new Date(Date.now() + 60_000).toISOString(),
        ...overrides,
      }),
    control: (outTradeNo, instruction) =>
      fetch(`${simulator.url}/control/mock/payments/${outTradeNo}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(instruction),
      }),
    async restart() {
      await simulator.stop();
      return world(receiver, options);
    },
    async stop() {
      await simulator.stop();
      await receiver.stop();
      await rm(options.directory, { recursive: true });
    },
  };
}

/** What `verifyCallback` makes of the notice that came at this place. */
export async function verified(receiver: Receiver, index: number) {
  const request = receiver.received[index];
  if (!request) throw new Error(`notice ${index} did not come`);
  return verifyCallback(account, request, { now: new Date(), production: true });
}

export function fieldsOf(receiver: Receiver, index: number): Fields {
  const body = receiver.received[index]?.body ?? new Uint8Array();
  return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
