import { z } from "zod";

import { readPublicKey, readSecret } from "./keys.ts";

const maximumToleranceSeconds = 3_600;

/** An account of `kind: "standard-webhooks"`: a shared secret, the sender's public key, or both while it changes over. */
export const standardWebhooksAccount = z
  .strictObject({
    kind: z.literal("standard-webhooks"),
    secret: z
      .string()
      .refine((text) => readSecret(text) !== undefined, "is not whsec_ and base64")
      .optional(),
    publicKey: z
      .string()
      .refine((text) => readPublicKey(text) !== undefined, "is not whpk_ and the base64 of an ed25519 key")
      .optional(),
    /** Seconds that a signing time may be from ours, before and after. */
    tolerance: z.int().min(0).max(maximumToleranceSeconds),
  })
  .refine(({ secret, publicKey }) => secret !== undefined || publicKey !== undefined, {
    path: ["secret"],
    message: "secret or publicKey is required",
  });

export type StandardWebhooksAccount = z.infer<typeof standardWebhooksAccount>;
