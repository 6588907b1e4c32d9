import { createHmac } from "node:crypto";

import type { Answer, Notice } from "../../book/records.ts";
import type { NoticeText, Signing } from "../../notices/scheme.ts";
import { eventOf } from "./event.ts";
import type { StripeAccount, StripeOffice } from "./house.ts";

/** One event, signed now (docs.stripe.com/webhooks/signature): `t` and the digest are fresh, the event stays the same. */
export function writeNotice(office: StripeOffice, notice: Notice, { at, key }: Signing): NoticeText {
  const body = JSON.stringify(eventOf(office, notice), null, 2);
  const timestamp = Math.floor(at.getTime() / 1000);
  const digest = createHmac("sha256", secretOf(office.account, key)).update(`${timestamp}.${body}`).digest("hex");
  return {
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      "stripe-signature": `t=${timestamp},v1=${digest}`,
    },
    body,
  };
}

/** Any 2xx. */
export function isAcknowledged(answer: Answer): boolean {
  return answer.kind === "answered" && answer.status >= 200 && answer.status <= 299;
}

function secretOf({ secret, previousSecrets }: StripeAccount, key: Signing["key"]): string {
  if (key === "foreign") return `not ${secret}`;
  return key === "other" ? (previousSecrets?.[0] ?? secret) : secret;
}
