import { type KeyObject, X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";

/** WeChat Pay and UnionPay both sign with RSA-2048; anything shorter can be forged today. */
const minimumModulusBits = 2048;
const maximumPemLength = 16_384;

const certificateBlock = block("CERTIFICATE");
const publicKeyBlock = block("(?:RSA )?PUBLIC KEY");
const privateKeyBlock = block("(?:RSA )?PRIVATE KEY");

/** Exactly one block of its kind: `createPublicKey` would also take a private key that was pasted by mistake. */
function block(label: string): RegExp {
  return new RegExp(`^\\s*-----BEGIN (${label})-----\\s[A-Za-z0-9+/=\\s]+-----END \\1-----\\s*$`);
}

/** Reads one PEM certificate with an RSA key. `undefined` for anything else. */
export function readCertificate(pem: string): X509Certificate | undefined {
  return read(pem, certificateBlock, () => {
    const certificate = new X509Certificate(pem);
    // The key is decoded only here, and a damaged one throws.
    return isStrongRsa(certificate.publicKey) ? certificate : undefined;
  });
}

/** Reads one PEM RSA public key. `undefined` for anything else. */
export function readPublicKey(pem: string): KeyObject | undefined {
  return read(pem, publicKeyBlock, () => onlyStrongRsa(createPublicKey(pem)));
}

/** Reads one unencrypted PEM RSA private key. `undefined` for anything else. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  return read(pem, privateKeyBlock, () => onlyStrongRsa(createPrivateKey(pem)));
}

export function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return certificate.validFromDate <= now && now <= certificate.validToDate;
}

function read<Value>(pem: string, shape: RegExp, parse: () => Value | undefined): Value | undefined {
  if (pem.length > maximumPemLength || !shape.test(pem)) return undefined;
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function onlyStrongRsa(key: KeyObject): KeyObject | undefined {
  return isStrongRsa(key) ? key : undefined;
}

function isStrongRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minimumModulusBits;
}
