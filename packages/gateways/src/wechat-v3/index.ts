import type { Acknowledgement, Gateway } from "../gateway.ts";
import { wechatV3Calls } from "./calls.ts";
import { type WechatV3Account, wechatV3Account } from "./account.ts";
import { wechatV3Statement } from "./read-statement.ts";
import { verifyWechatV3 } from "./verify.ts";

function reply(status: number, body: Readonly<Record<string, string>>): Acknowledgement {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** WeChat Pay API v3 (微信支付). A bare 200 is enough today; older pages ask for the word as well. */
export const wechatV3 = {
  account: wechatV3Account,
  verify: verifyWechatV3,
  acknowledge: {
    accepted: reply(200, { code: "SUCCESS", message: "成功" }),
    refused: (status, message) => reply(status, { code: "FAIL", message }),
  },
  calls: wechatV3Calls,
  statementFormat: wechatV3Statement,
} satisfies Gateway<WechatV3Account>;
