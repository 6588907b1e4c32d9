import { X509Certificate } from "node:crypto";

import type { Maker } from "./maker.ts";
import { makeRsaKeys } from "./rsa-keys.ts";

/** UnionPay's test system begins its self-service merchants with 777 (gateways.md §4 "Sandbox"). */
const merId = "777290058110109";
const unionpayName = "中国银联股份有限公司";

/**
 * A chain as UnionPay's: a root, an authority between, and under that UnionPay's own certificate, which travels in its
 * messages, and the merchant's (gateways.md §4 "Certificate").
 */
export const unionpay: Maker = {
  make: async ({ baseUrl, now }) => {
    const [{ makeCertificate }, rootKeys, middleKeys, gatewayKeys, merchantKeys] = await Promise.all([
      import("./certificate.ts"),
      makeRsaKeys(),
      makeRsaKeys(),
      makeRsaKeys(),
      makeRsaKeys(),
    ]);
    const rootCert = makeCertificate({ commonName: "Development Root CA", keys: rootKeys, isAuthority: true, now });
    const root = { certificate: rootCert, privateKey: rootKeys.privateKey };
    const middleWords = { commonName: "Development OCA1", keys: middleKeys, issuer: root, isAuthority: true, now };
    const issuer = { certificate: makeCertificate(middleWords), privateKey: middleKeys.privateKey };
    const commonName = `041@8310000000083040@${unionpayName}@00016495`;
    return {
      account: {
        kind: "unionpay",
        merId,
        rootCert,
        middleCert: issuer.certificate,
        unionpayName,
        signCert: makeCertificate({
          commonName: `041@${merId}@掌柜开发商户@00000001`,
          keys: merchantKeys,
          issuer,
          now,
        }),
        signPrivateKey: merchantKeys.privateKey,
        baseUrl,
      },
      keys: {
        kind: "unionpay",
        signCert: makeCertificate({ commonName, keys: gatewayKeys, issuer, now }),
        signPrivateKey: gatewayKeys.privateKey,
      },
    };
  },
  isPair: ({ account, keys }) =>
    account.kind === "unionpay" &&
    keys?.kind === "unionpay" &&
    new X509Certificate(keys.signCert).verify(new X509Certificate(account.middleCert).publicKey),
};
