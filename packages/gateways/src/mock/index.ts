import { z } from "zod";

import type { Gateway } from "../gateway.ts";
import { hmacAccount } from "../hmac/account.ts";
import { hmacCalls } from "../hmac/calls.ts";
import { hmacAcknowledgement } from "../hmac/index.ts";
import { verifyHmac } from "../hmac/verify.ts";

export const mockAccount = z.strictObject({
  ...hmacAccount.shape,
  kind: z.literal("mock"),
  allowUnsigned: z.boolean().optional(),
});

export type MockAccount = z.infer<typeof mockAccount>;

/** The simulator's gateway. It speaks `hmac`, and may speak unsigned where that was asked for outside production. */
export const mock: Gateway<MockAccount> = {
  account: mockAccount,
  verify: verifyHmac,
  acknowledge: hmacAcknowledgement,
  calls: hmacCalls,
};
