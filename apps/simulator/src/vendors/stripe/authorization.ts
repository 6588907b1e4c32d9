import { timingSafeEqual } from "node:crypto";

import type { StripeOffice } from "./house.ts";
import { Refusal } from "./refusal.ts";

/** Whether a call carries this account's key: `Bearer`, or HTTP basic with the key as the user's name. */
export function isOwnKey({ account }: Pick<StripeOffice, "account">, request: Request): boolean {
  const given = keyOf(request);
  return given !== undefined && isSame(given, account.apiKey);
}

export function requireOwnKey(office: Pick<StripeOffice, "account">, request: Request): void {
  if (isOwnKey(office, request)) return;
  const given = keyOf(request);
  throw new Refusal(401, {
    type: "invalid_request_error",
    message:
      given === undefined
        ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        : `Invalid API Key provided: ${given.slice(0, 8)}****`,
  });
}

function keyOf(request: Request): string | undefined {
  const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(" ", 2);
  if (credentials === "") return undefined;
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return undefined;
  return Buffer.from(credentials, "base64").toString("utf8").split(":", 1)[0];
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
