import { X509Certificate, randomBytes } from "node:crypto";

import { type Maker, holdSameKey } from "./maker.ts";
import { makeRsaKeys } from "./rsa-keys.ts";

const mchid = "1900000109";
/** Half as many bytes as hexadecimal digits: an APIv3 key has 32 characters, a serial number 40, an appid 16 after `wx`. */
const [apiV3KeyBytes, serialBytes, appidBytes] = [16, 20, 8] as const;

/**
 * A merchant that holds both kinds of WeChat's keys, as during WeChat's move from the one to the other (gateways.md §1
 * "Keys, two modes").
 */
export const wechat: Maker = {
  make: async ({ baseUrl, now }) => {
    // The certificate library is loaded by a first start alone.
    const [{ makeCertificate }, publicMode, platform, merchant] = await Promise.all([
      import("./certificate.ts"),
      makeRsaKeys(),
      makeRsaKeys(),
      makeRsaKeys(),
    ]);
    const certificate = makeCertificate({ commonName: "Tenpay.com sign (development)", keys: platform, now });
    const publicKeyId = `PUB_KEY_ID_01${mchid}${now.toISOString().slice(0, 10).replaceAll("-", "")}`;
    const { serialNumber } = new X509Certificate(certificate);
    return {
      account: {
        kind: "wechat-v3",
        mchid,
        appid: `wx${randomBytes(appidBytes).toString("hex")}`,
        apiV3Key: randomBytes(apiV3KeyBytes).toString("hex"),
        keys: {
          [publicKeyId]: { type: "publicKey", pem: publicMode.publicKey },
          [serialNumber]: { type: "certificate", pem: certificate },
        },
        merchantSerial: randomBytes(serialBytes).toString("hex").toUpperCase(),
        merchantPrivateKey: merchant.privateKey,
        baseUrl,
      },
      keys: {
        kind: "wechat-v3",
        platformKeys: [
          { serial: publicKeyId, type: "publicKey", privateKey: publicMode.privateKey },
          { serial: serialNumber, type: "certificate", privateKey: platform.privateKey, certificate },
        ],
      },
    };
  },
  isPair: ({ account, keys }) =>
    account.kind === "wechat-v3" &&
    keys?.kind === "wechat-v3" &&
    keys.platformKeys.every((key) => {
      const known = new Map(Object.entries(account.keys)).get(key.serial);
      return known?.type === key.type && holdSameKey(known.pem, key.privateKey);
    }),
};
