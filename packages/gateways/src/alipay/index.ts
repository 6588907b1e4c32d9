import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type AlipayAccount, alipayAccount } from "./account.ts";
import { alipayCalls } from "./calls.ts";
import { alipayStatement } from "./read-statement.ts";
import { verifyAlipay } from "./verify.ts";

function reply(status: number, body: "success" | "fail"): Acknowledgement {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

/** Alipay, RSA2. Success is the seven bytes `success` and nothing else; any other body is sent again for 25 hours. */
export const alipay = {
  account: alipayAccount,
  verify: verifyAlipay,
  acknowledge: {
    accepted: reply(200, "success"),
    refused: (status: number) => reply(status, "fail"),
  },
  calls: alipayCalls,
  statementFormat: alipayStatement,
} satisfies Gateway<AlipayAccount>;
