import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Account, verifyCallback } from "@zhanggui/gateways";
import { createLogger } from "@zhanggui/runtime";
import { Stripe } from "stripe";

import { type Simulator, startSimulator } from "../src/index.ts";
import { type Receiver, type Reply, startReceiver } from "./receiver.ts";

export type StripeAccount = Extract<Account, { readonly kind: "stripe" }>;

const keys: StripeAccount = {
  kind: "stripe",
  secret: "whsec_of_the_endpoint",
  previousSecrets: ["whsec_before_that"],
  tolerance: 300,
  livemode: false,
  apiKey: "sk_test_simulated",
};

export type StripeWorld = {
  readonly simulator: Simulator;
  readonly receiver: Receiver;
  /** As the merchant has it: with the simulator's address. */
  readonly account: StripeAccount;
  /** The official client, pointed at the simulator by its host alone. */
  readonly sdk: Stripe;
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly control: (outTradeNo: string, instruction: object) => Promise<Response>;
  readonly endRefunds: (outTradeNo: string, end: string) => Promise<Response>;
  readonly stop: () => Promise<void>;
};

export type StripeWorldOptions = { readonly now?: () => Date; readonly reply?: (count: number) => Reply };

/** A simulated Stripe on a free port, and a receiver in the place of the endpoint that is registered with it. */
export async function startStripe({ now = () => new Date(), reply }: StripeWorldOptions = {}): Promise<StripeWorld> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-simulator-"));
  const receiver = await startReceiver(reply);
  const simulator = await startSimulator({
    providers: new Map([["stripe", keys]]),
    directory,
    speed: 1_000,
    apiUrl: new URL(receiver.url).origin,
    jwtSecret: undefined,
    logger: createLogger("simulator", "silent"),
    now,
  });
  const { hostname, port } = new URL(simulator.url);
  const post = (path: string, body: object) =>
    fetch(`${simulator.url}/control/stripe/payments/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    simulator,
    receiver,
    account: { ...keys, baseUrl: `${simulator.url}/gateways/stripe` },
    sdk: new Stripe(keys.apiKey, { host: hostname, port, protocol: "http", telemetry: false, maxNetworkRetries: 0 }),
    ask: (path, init = {}) =>
      fetch(`${simulator.url}/gateways/stripe${path}`, {
        ...init,
        headers: { authorization: `Bearer ${keys.apiKey}`, ...Object.fromEntries(new Headers(init.headers)) },
      }),
    control: (outTradeNo, instruction) => post(outTradeNo, instruction),
    endRefunds: (outTradeNo, end) => post(`${outTradeNo}/refunds`, { end }),
    async stop() {
      await simulator.stop();
      await receiver.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** What `verifyCallback` makes of every notice that came. */
export function verifiedAll({ account, receiver }: StripeWorld, now = new Date()) {
  return Promise.all(receiver.received.map((request) => verifyCallback(account, request, { now, production: true })));
}

/** Type and id of every event that came. */
export function eventsOf({ sdk, receiver }: StripeWorld, secret = keys.secret): readonly Stripe.Event[] {
  return receiver.received.map(({ body, headers }) =>
    sdk.webhooks.constructEvent(Buffer.from(body), headers["stripe-signature"] ?? "", secret),
  );
}
