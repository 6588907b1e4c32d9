import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type HmacAccount, hmacAccount } from "./account.ts";
import { hmacCalls } from "./calls.ts";
import { isDocumentedStatus } from "./notice.ts";
import { hmacStatement } from "./read-statement.ts";
import { verifyHmac } from "./verify.ts";

function reply(status: number, body: Readonly<Record<string, string>>): Acknowledgement {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** The `hmac` scheme, whichever kind of account carries its keys. */
export const hmacScheme = {
  verify: verifyHmac,
  isDocumented: ({ eventType, rawStatus }) => eventType !== "payment" || isDocumentedStatus(rawStatus),
  acknowledge: {
    accepted: reply(200, { code: "SUCCESS" }),
    refused: (status, message) => reply(status, { code: "FAIL", message }),
  },
  calls: hmacCalls,
  statementFormat: hmacStatement,
} satisfies Omit<Gateway<Parameters<typeof verifyHmac>[0]>, "account">;

/** The specification's own gateway: HMAC-SHA256 over sorted parameters. */
export const hmac: Gateway<HmacAccount> = {
  ...hmacScheme,
  account: hmacAccount,
  // Only its keys: an `allowUnsigned` that slipped past the account's schema means nothing here.
  verify: ({ secret, previousSecrets }, request, clock) => verifyHmac({ secret, previousSecrets }, request, clock),
};
