import { createCipheriv, randomBytes } from "node:crypto";

const nonceBytes = 12;

export type Sealed = {
  readonly algorithm: "AEAD_AES_256_GCM";
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associated_data: string;
};

/**
 * Encrypts under the APIv3 key as WeChat does (WeChat Pay v3 "证书和回调报文解密"): AES-256-GCM, the tag behind the data,
 * both in base64; the nonce is text of 12 characters, its bytes the vector.
 */
export function seal(plaintext: string, apiV3Key: string, associatedData: string): Sealed {
  const nonce = randomBytes(nonceBytes / 2).toString("hex");
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(apiV3Key), Buffer.from(nonce));
  cipher.setAAD(Buffer.from(associatedData));
  const data = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: data.toString("base64"),
    nonce,
    associated_data: associatedData,
  };
}
