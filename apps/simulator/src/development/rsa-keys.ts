import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** An RSA key as the gateways hand them out, in PEM: SPKI and unencrypted PKCS#8. */
export type RsaKeys = { readonly publicKey: string; readonly privateKey: string };

const generate = promisify(generateKeyPair);
/** What WeChat Pay, Alipay and UnionPay issue. */
const modulusLength = 2048;

/** Made on the thread pool, so that several take little longer than one. */
export function makeRsaKeys(): Promise<RsaKeys> {
  return generate("rsa", {
    modulusLength,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}
