import { createHmac, randomUUID } from "node:crypto";

export type Fields = Readonly<Record<string, string>>;

export const secrets = {
  mock: "the mock gateway's secret, known to both sides",
  pay: "the other gateway's secret 口令",
  /** Before its rotation. */
  payBefore: "the other gateway's secret of last year",
} as const;

/** `PROVIDERS_FILE`: neither gateway has an address, so none is ever called. */
export const providers = {
  mock: { kind: "mock", secret: secrets.mock },
  pay: { kind: "hmac", secret: secrets.pay, previousSecrets: [secrets.payBefore] },
};

/** The contract's `hmac` scheme, written from the contract alone. */
export function signatureOf(fields: Fields, secret: string): string {
  const text = Object.keys(fields)
    .filter((name) => name !== "sign" && name !== "sign_type" && fields[name] !== "")
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return createHmac("sha256", Buffer.from(secret, "utf8")).update(text, "utf8").digest("hex");
}

export function signed(fields: Fields, secret: string): Fields {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const all = { timestamp, nonce: randomUUID(), ...fields };
  return { ...all, sign: signatureOf(all, secret) };
}

export type Delivery = { readonly contentType: string; readonly body: string };

export function asJson(fields: Fields): Delivery {
  return { contentType: "application/json", body: JSON.stringify(fields) };
}

export function asForm(fields: Fields): Delivery {
  return { contentType: "application/x-www-form-urlencoded", body: new URLSearchParams(fields).toString() };
}
