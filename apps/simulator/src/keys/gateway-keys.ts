import { X509Certificate, createPrivateKey } from "node:crypto";

import type { Account } from "@zhanggui/gateways";
import { z } from "zod";

const maximumPlatformKeys = 20;
const maximumPemLength = 16_384;

const privateKey = z
  .string()
  .max(maximumPemLength)
  .refine(isRsaPrivateKey, "must be one unencrypted PEM private key of RSA");
const certificate = z.string().max(maximumPemLength).refine(isCertificate, "must be one PEM certificate");
const serial = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/, "a serial is 1–128 of 0-9 A-Z a-z _ -");

const platformKey = z.discriminatedUnion("type", [
  z
    .strictObject({ serial, type: z.literal("certificate"), privateKey, certificate })
    .superRefine((key, context) => requirePair(context, key, "certificate")),
  z.strictObject({ serial, type: z.literal("publicKey"), privateKey }),
]);

const wechatV3Keys = z.strictObject({
  kind: z.literal("wechat-v3"),
  /** What answers and notices are signed with: the first is the current one. */
  platformKeys: z.array(platformKey).min(1).max(maximumPlatformKeys),
});
const alipayKeys = z.strictObject({ kind: z.literal("alipay"), alipayPrivateKey: privateKey });
const unionpayKeys = z
  .strictObject({ kind: z.literal("unionpay"), signCert: certificate, signPrivateKey: privateKey })
  .superRefine(({ signCert, signPrivateKey }, context) =>
    requirePair(context, { certificate: signCert, privateKey: signPrivateKey }, "signCert"),
  );

/** The gateway's half of one account's secrets: an entry of `SIMULATOR_KEYS_FILE`. */
export const gatewayKeys = z.discriminatedUnion("kind", [wechatV3Keys, alipayKeys, unionpayKeys]);

export type GatewayKeys = Readonly<z.infer<typeof gatewayKeys>>;
export type KeysByProvider = ReadonlyMap<string, GatewayKeys>;

/** The keys of a kind; `undefined` where the account's own secret is shared with the gateway. */
export type KeysOf<Kind extends Account["kind"]> = [Extract<GatewayKeys, { readonly kind: Kind }>] extends [never]
  ? undefined
  : Extract<GatewayKeys, { readonly kind: Kind }>;

const keyedKinds: ReadonlySet<string> = new Set(gatewayKeys.options.map(({ shape }) => shape.kind.value));

export function needsKeys(kind: Account["kind"]): boolean {
  return keyedKinds.has(kind);
}

type Pair = { readonly certificate: string; readonly privateKey: string };

function requirePair(context: z.RefinementCtx, pair: Pair, place: string): void {
  if (isCertificate(pair.certificate) && isRsaPrivateKey(pair.privateKey) && !isPair(pair)) {
    context.addIssue({ code: "custom", path: [place], message: "is not the certificate of its private key" });
  }
}

function isPair(pair: Pair): boolean {
  return new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.privateKey));
}

function isRsaPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).publicKey.asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}
