import { type KeyObject, createPrivateKey, createPublicKey } from "node:crypto";

/** A private key would pass too, since Node derives the public half of it. */
const publicArmour = /^-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/;
const privateArmour = /^-----BEGIN (?:RSA )?PRIVATE KEY-----/;
const base64Text = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Alipay's public key: PEM, its certificate (`alipayCertPublicKey_RSA2.crt`), or the bare base64 of the SPKI that the
 * console hands out. `undefined` for anything else.
 */
export function readRsaPublicKey(text: string): KeyObject | undefined {
  const trimmed = text.trim();
  if (publicArmour.test(trimmed)) return rsaOrNothing(() => createPublicKey(trimmed));
  const der = readBareBase64(trimmed);
  return der && rsaOrNothing(() => createPublicKey({ key: der, format: "der", type: "spki" }));
}

/** The app's private key: PEM, or bare base64 of PKCS#8 (Java tools) or PKCS#1 (all others). `undefined` otherwise. */
export function readRsaPrivateKey(text: string): KeyObject | undefined {
  const trimmed = text.trim();
  if (privateArmour.test(trimmed)) return rsaOrNothing(() => createPrivateKey(trimmed));
  const key = readBareBase64(trimmed);
  return (
    key &&
    (rsaOrNothing(() => createPrivateKey({ key, format: "der", type: "pkcs8" })) ??
      rsaOrNothing(() => createPrivateKey({ key, format: "der", type: "pkcs1" })))
  );
}

function readBareBase64(text: string): Buffer | undefined {
  const compact = text.replaceAll(/\s/g, "");
  return base64Text.test(compact) ? Buffer.from(compact, "base64") : undefined;
}

function rsaOrNothing(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === "rsa" ? key : undefined;
  } catch {
    return undefined;
  }
}
