import type { GatewayCalls } from "./gateway.ts";

const silent = { kind: "unknown", why: "this gateway is not called" } as const;

/**
 * The calls of a gateway that only calls us. Its payments are opened by the shop itself, under the number that the
 * attempt was given.
 */
export const incomingOnly: GatewayCalls<unknown> = {
  isCallable: () => false,
  pay: async () => silent,
  query: async () => silent,
  close: async () => silent,
  refund: async () => silent,
  refundQuery: async () => silent,
  statement: async () => silent,
};
