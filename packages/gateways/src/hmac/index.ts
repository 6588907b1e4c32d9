import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type HmacAccount, hmacAccount } from "./account.ts";
import { hmacCalls } from "./calls.ts";
import { verifyHmac } from "./verify.ts";

function reply(status: number, body: Readonly<Record<string, string>>): Acknowledgement {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

export const hmacAcknowledgement: Gateway<unknown>["acknowledge"] = {
  accepted: reply(200, { code: "SUCCESS" }),
  refused: (status, message) => reply(status, { code: "FAIL", message }),
};

/** The specification's own gateway: HMAC-SHA256 over sorted parameters. */
export const hmac: Gateway<HmacAccount> = {
  account: hmacAccount,
  verify: verifyHmac,
  acknowledge: hmacAcknowledgement,
  calls: hmacCalls,
};
