import { z } from "zod";

import { readCertificate, readPrivateKey } from "../reading/pem.ts";

const maximumNameLength = 64;

const certificate = z
  .string()
  .refine(
    (pem) => readCertificate(pem) !== undefined,
    "must be one PEM certificate with an RSA key of at least 2048 bits",
  );

/** One merchant of 银联全渠道 in direct access (contract; gateways.md §4 "Certificate"). */
export const unionpayAccount = z
  .strictObject({
    kind: z.literal("unionpay"),
    merId: z.string().regex(/^[0-9A-Za-z]{15}$/, "must be 15 digits or letters"),
    rootCert: certificate,
    middleCert: certificate,
    /** Third `@` part of the common name of UnionPay's own certificate: 中国银联股份有限公司, in its test system 00040000:SIGN. */
    unionpayName: z
      .string()
      .regex(/^[^@]+$/, "must be a name without @")
      .max(maximumNameLength, `must have at most ${maximumNameLength} characters`),
    signCert: certificate,
    signPrivateKey: z
      .string()
      .refine(
        (pem) => readPrivateKey(pem) !== undefined,
        "must be one unencrypted PEM private key of RSA with at least 2048 bits",
      ),
    baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  })
  .superRefine((account, ctx) => {
    const [root, middle, own] = [account.rootCert, account.middleCert, account.signCert].map(readCertificate);
    if (
      root !== undefined &&
      middle !== undefined &&
      !(middle.ca && middle.checkIssued(root) && middle.verify(root.publicKey))
    ) {
      ctx.addIssue({ code: "custom", path: ["middleCert"], message: "is not an authority that rootCert has issued" });
    }
    const key = readPrivateKey(account.signPrivateKey);
    if (own !== undefined && key !== undefined && !own.checkPrivateKey(key)) {
      ctx.addIssue({ code: "custom", path: ["signPrivateKey"], message: "is not the key of signCert" });
    }
  });

export type UnionpayAccount = z.infer<typeof unionpayAccount>;
