import { z } from "zod";

import type { Gateway } from "../gateway.ts";
import { hmacAccount } from "../hmac/account.ts";
import { hmacScheme } from "../hmac/index.ts";

export const mockAccount = z.strictObject({
  ...hmacAccount.shape,
  kind: z.literal("mock"),
  allowUnsigned: z.boolean().optional(),
});

export type MockAccount = z.infer<typeof mockAccount>;

/** The simulator's gateway. It speaks `hmac`, and may speak unsigned where that was asked for outside production. */
export const mock: Gateway<MockAccount> = { ...hmacScheme, account: mockAccount };
