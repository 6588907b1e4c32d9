import type { Acknowledgement, Gateway } from "../gateway.ts";
import { type UnionpayAccount, unionpayAccount } from "./account.ts";
import { unionpayCalls } from "./calls.ts";
import { unionpayStatement } from "./read-statement.ts";
import { verifyUnionpay } from "./verify.ts";

function reply(status: number, body: string): Acknowledgement {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

/** 银联全渠道 (UnionPay ACP 5.1.0). UnionPay reads the status alone: 200 ends its five tries. */
export const unionpay = {
  account: unionpayAccount,
  verify: verifyUnionpay,
  acknowledge: {
    accepted: reply(200, "ok"),
    refused: (status, message) => reply(status, message),
  },
  calls: unionpayCalls,
  statementFormat: unionpayStatement,
} satisfies Gateway<UnionpayAccount>;
