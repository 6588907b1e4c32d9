import { z } from "zod";

const maximumPreviousSecrets = 5;
const maximumToleranceSeconds = 3_600;

/** The whole text is the key, so that a stray newline would be part of it. */
const endpointSecret = z.string().regex(/^\S+$/, "must be one word without spaces");

export const stripeAccount = z.strictObject({
  kind: z.literal("stripe"),
  /** The endpoint's signing secret, `whsec_` and all. */
  secret: endpointSecret,
  previousSecrets: z.array(endpointSecret).max(maximumPreviousSecrets).optional(),
  /** Seconds that a signing time may be from ours, before and after. */
  tolerance: z.int().min(0).max(maximumToleranceSeconds),
  livemode: z.boolean(),
  apiKey: z.string().regex(/^\S+$/, "must be one word without spaces"),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type StripeAccount = z.infer<typeof stripeAccount>;

export function secretsOf({ secret, previousSecrets }: StripeAccount): readonly string[] {
  return [secret, ...(previousSecrets ?? [])];
}
