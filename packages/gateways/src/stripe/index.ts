import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type StripeAccount, stripeAccount } from "./account.ts";
import { stripeCalls } from "./calls.ts";
import { stripeStatement } from "./read-statement.ts";
import { verifyStripe } from "./verify.ts";

function reply(status: number, body: Readonly<Record<string, unknown>>): Acknowledgement {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** Stripe. Any 2xx is success; anything else is sent again for three days, and then the endpoint is switched off. */
export const stripe = {
  account: stripeAccount,
  verify: verifyStripe,
  acknowledge: {
    accepted: reply(200, { received: true }),
    refused: (status: number, message: string) => reply(status, { error: message }),
  },
  calls: stripeCalls,
  statementFormat: stripeStatement,
} satisfies Gateway<StripeAccount>;
