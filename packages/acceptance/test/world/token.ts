import { createHmac } from "node:crypto";

export const jwtSecret = "a secret that only the shop and this suite know";
const lifetimeSeconds = 3_600;

/** A token as the shop's identity provider would sign it (HS256), written here so that no code of ours is trusted. */
export function token(sub: string, role: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + lifetimeSeconds;
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, role, exp })}`;
  return `${signed}.${createHmac("sha256", jwtSecret).update(signed).digest("base64url")}`;
}
