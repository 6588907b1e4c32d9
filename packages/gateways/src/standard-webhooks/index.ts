import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type StandardWebhooksAccount, standardWebhooksAccount } from "./account.ts";
import { verifyStandardWebhooks } from "./verify.ts";

function reply(status: number, body: Readonly<Record<string, unknown>>): Acknowledgement {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** Any sender that signs by Standard Webhooks 1.0.0. A 2xx is success, anything else is sent again; bodies are not read. */
export const standardWebhooks = {
  account: standardWebhooksAccount,
  verify: verifyStandardWebhooks,
  acknowledge: {
    accepted: reply(200, { received: true }),
    refused: (status: number, message: string) => reply(status, { error: message }),
  },
} satisfies Omit<Gateway<StandardWebhooksAccount>, "calls">;
