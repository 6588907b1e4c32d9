import { z } from "zod";

import { readRsaPrivateKey, readRsaPublicKey } from "./keys.ts";

const id = z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1–64 printable characters without spaces");

/** An account of `kind: "alipay"`. A key that is no key is a problem of its field when the file is read, not of a callback. */
export const alipayAccount = z.strictObject({
  kind: z.literal("alipay"),
  app_id: id,
  seller_id: id,
  /** Alipay's own key (支付宝公钥), not the app's: PEM, or the bare base64 that the console shows. */
  alipayPublicKey: z.string().refine((text) => readRsaPublicKey(text) !== undefined, "is not an RSA public key"),
  appPrivateKey: z.string().refine((text) => readRsaPrivateKey(text) !== undefined, "is not an RSA private key"),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type AlipayAccount = z.infer<typeof alipayAccount>;
