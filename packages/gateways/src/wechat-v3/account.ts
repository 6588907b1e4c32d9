import { z } from "zod";

import { readCertificate, readPrivateKey, readPublicKey } from "../reading/pem.ts";

const maximumKeys = 20;
const apiV3KeyBytes = 32;

const key = z
  .strictObject({ type: z.enum(["certificate", "publicKey"]), pem: z.string() })
  .superRefine((value, ctx) => {
    const readable = value.type === "certificate" ? readCertificate(value.pem) : readPublicKey(value.pem);
    if (readable !== undefined) return;
    const kind = value.type === "certificate" ? "PEM certificate" : "PEM public key";
    ctx.addIssue({
      code: "custom",
      path: ["pem"],
      message: `must be one ${kind} with an RSA key of at least 2048 bits`,
    });
  });

/** WeChat's keys by the `Wechatpay-Serial` that names them: platform certificates and public keys side by side. */
const keys = z
  .record(z.string().regex(/^[0-9A-Za-z_-]{1,128}$/, "a serial is 1–128 of 0-9 A-Z a-z _ -"), key)
  .superRefine((entries, ctx) => {
    const serials = Object.keys(entries);
    if (serials.length === 0) ctx.addIssue({ code: "custom", message: "names no key" });
    if (serials.length > maximumKeys) ctx.addIssue({ code: "custom", message: `names over ${maximumKeys} keys` });

    const seen = new Set<string>();
    for (const [serial, { type, pem }] of Object.entries(entries)) {
      const name = serialOf(serial, type);
      if (seen.has(name)) ctx.addIssue({ code: "custom", path: [serial], message: "names a serial twice" });
      seen.add(name);
      const certificate = type === "certificate" ? readCertificate(pem) : undefined;
      if (certificate !== undefined && !isSameNumber(certificate.serialNumber, serial)) {
        ctx.addIssue({ code: "custom", path: [serial], message: "is not the serial number of its certificate" });
      }
    }
  });

/** One merchant of WeChat Pay API v3 in direct mode (contract; gateways.md §1 "Keys, two modes"). */
export const wechatV3Account = z.strictObject({
  kind: z.literal("wechat-v3"),
  mchid: z.string().regex(/^[0-9A-Za-z]{1,32}$/, "must be 1–32 digits or letters"),
  appid: z.string().regex(/^[0-9A-Za-z_-]{1,32}$/, "must be 1–32 digits or letters"),
  apiV3Key: z
    .string()
    .refine((text) => Buffer.byteLength(text) === apiV3KeyBytes, `must have exactly ${apiV3KeyBytes} bytes`),
  keys,
  merchantSerial: z.string().regex(/^[0-9A-Fa-f]{1,64}$/, "must be a certificate's serial number in hexadecimal"),
  merchantPrivateKey: z
    .string()
    .refine(
      (pem) => readPrivateKey(pem) !== undefined,
      "must be one unencrypted PEM private key of RSA with at least 2048 bits",
    ),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type WechatV3Account = z.infer<typeof wechatV3Account>;

/**
 * The serial as WeChat sends it. A certificate's is a number in upper-case hexadecimal, which tools also print in lower
 * case; a public key's id (`PUB_KEY_ID_…`) is text and kept as it is.
 */
export function serialOf(serial: string, type: "certificate" | "publicKey"): string {
  return type === "certificate" ? serial.toUpperCase() : serial;
}

/** Java prints a serial number without its leading zeros, OpenSSL with them. */
function isSameNumber(left: string, right: string): boolean {
  const digits = (text: string) => text.toUpperCase().replace(/^0+/, "");
  return digits(left) === digits(right);
}
