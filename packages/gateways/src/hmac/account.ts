import { z } from "zod";

const maximumPreviousSecrets = 5;

export const hmacAccount = z.strictObject({
  kind: z.literal("hmac"),
  secret: z.string().min(1),
  previousSecrets: z.array(z.string().min(1)).max(maximumPreviousSecrets).optional(),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type HmacAccount = z.infer<typeof hmacAccount>;

/** What the `hmac` scheme needs of an account, whichever kind carries it. */
export type HmacKeys = {
  readonly secret: string;
  readonly previousSecrets?: readonly string[] | undefined;
  readonly baseUrl?: string | undefined;
};

export function secretsOf(keys: HmacKeys): readonly string[] {
  return [keys.secret, ...(keys.previousSecrets ?? [])];
}
