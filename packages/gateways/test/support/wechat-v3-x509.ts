import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";

export type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

export function rsaKeys(modulusLength = 2048): KeyPair {
  return generateKeyPairSync("rsa", { modulusLength });
}

export function spki({ publicKey }: KeyPair): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

export function pkcs8({ privateKey }: KeyPair): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

export type CertificateWords = {
  readonly serial: string;
  /** Common names; UnionPay's has one. */
  readonly subject: readonly string[];
  readonly keys: KeyPair;
  readonly issuer: string;
  readonly issuerKeys: KeyPair;
  readonly from?: Date;
  readonly to?: Date;
  readonly isAuthority?: boolean;
};

/** Makes a PEM certificate with nothing but node:crypto, so that the tests need no openssl. */
export function certificate(words: CertificateWords): string {
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from(words.serial.padStart(words.serial.length + (words.serial.length % 2), "0"), "hex")),
    sha256WithRsa,
    nameOf([words.issuer]),
    sequence(
      utcTime(words.from ?? new Date("2024-01-01T00:00:00Z")),
      utcTime(words.to ?? new Date("2029-01-01T00:00:00Z")),
    ),
    nameOf(words.subject),
    words.keys.publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(basicConstraints(words.isAuthority === true))),
  );
  const signature = sign("RSA-SHA256", body, words.issuerKeys.privateKey);
  const der = sequence(body, sha256WithRsa, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const size = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

const sha256WithRsa = sequence(tlv(0x06, Buffer.from("2a864886f70d01010b", "hex")), tlv(0x05));
const commonName = tlv(0x06, Buffer.from("550403", "hex"));

function nameOf(commonNames: readonly string[]): Buffer {
  return sequence(...commonNames.map((name) => tlv(0x31, sequence(commonName, tlv(0x0c, Buffer.from(name))))));
}

function utcTime(at: Date): Buffer {
  const text = at.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tlv(0x17, Buffer.from(`${text}Z`));
}

function basicConstraints(isAuthority: boolean): Buffer {
  const value = sequence(...(isAuthority ? [tlv(0x01, Buffer.from([0xff]))] : []));
  const critical = tlv(0x01, Buffer.from([0xff]));
  return sequence(tlv(0x06, Buffer.from("551d13", "hex")), critical, tlv(0x04, value));
}
