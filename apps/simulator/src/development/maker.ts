import { createPublicKey } from "node:crypto";

import type { Account } from "@zhanggui/gateways";

import type { GatewayKeys } from "../keys/gateway-keys.ts";

/** An account whose gateway is called, and so has an address. */
export type CalledAccount = Exclude<Account, { kind: "standard-webhooks" }>;

/** Both halves of one account. A shared secret stands in the account alone. */
export type Pair = { readonly account: CalledAccount; readonly keys?: GatewayKeys };

/** Makes the account of one gateway, and knows it again. */
export type Maker = {
  readonly make: (options: { readonly baseUrl: string; readonly now: Date }) => Pair | Promise<Pair>;
  /** Whether what was read back is such an account, and what the gateway signs with its keys verifies with the account. */
  readonly isPair: (pair: Pair) => boolean;
};

/** Whether two PEM texts (private key, public key or certificate) hold the same key. Throws when one holds none. */
export function holdSameKey(left: string, right: string): boolean {
  return createPublicKey(left).equals(createPublicKey(right));
}
