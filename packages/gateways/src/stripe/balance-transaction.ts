import { z } from "zod";

import { maybe } from "./event.ts";

const metadata = maybe(z.record(z.string(), z.string()));

/** What moved the money: a charge, a refund, or one of some thirty kinds that have nothing to do with our payments. */
const source = z.looseObject({
  id: z.string(),
  object: z.string(),
  /** Of a refund. */
  charge: maybe(z.string()),
  payment_intent: maybe(z.string()),
  payment_method_details: maybe(z.looseObject({ type: z.string() })),
  metadata,
});

/** docs.stripe.com/api/balance_transactions/object, with its source expanded. Amounts are signed minor units. */
export const balanceTransaction = z.object({
  id: z.string().regex(/^[\w-]{1,255}$/),
  created: z.int().min(0).max(99_999_999_999),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .transform((code) => code.toUpperCase()),
  amount: z.int(),
  fee: z.int(),
  net: z.int(),
  reporting_category: z.string(),
  description: maybe(z.string()),
  source: maybe(source),
});
export type BalanceTransaction = z.infer<typeof balanceTransaction>;
