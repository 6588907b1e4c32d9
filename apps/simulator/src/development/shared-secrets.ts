import { randomBytes } from "node:crypto";

import type { Maker } from "./maker.ts";

const secretBytes = 32;
const toleranceSeconds = 300;

export const hmac: Maker = {
  make: ({ baseUrl }) => ({ account: { kind: "hmac", secret: makeSecret(), baseUrl } }),
  isPair: ({ account, keys }) => account.kind === "hmac" && keys === undefined,
};

export const stripe: Maker = {
  make: ({ baseUrl }) => ({
    account: {
      kind: "stripe",
      secret: `whsec_${makeSecret()}`,
      tolerance: toleranceSeconds,
      livemode: false,
      apiKey: `sk_test_${makeSecret()}`,
      baseUrl,
    },
  }),
  isPair: ({ account, keys }) => account.kind === "stripe" && keys === undefined,
};

function makeSecret(): string {
  return randomBytes(secretBytes).toString("hex");
}
