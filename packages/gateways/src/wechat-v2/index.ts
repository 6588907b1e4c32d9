import type { Acknowledgement, Gateway } from "../gateway.ts";
import { wechatV2Calls } from "./calls.ts";
import { type WechatV2Account, wechatV2Account } from "./account.ts";
import { wechatV2Statement } from "./read-statement.ts";
import { verifyWechatV2 } from "./verify.ts";

function reply(status: number, code: "SUCCESS" | "FAIL", message: string): Acknowledgement {
  const text = message.replaceAll("]]>", "]]]]><![CDATA[>");
  return {
    status,
    contentType: "text/xml; charset=utf-8",
    body: `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${text}]]></return_msg></xml>`,
  };
}

/** WeChat Pay v2 (微信支付 XML). Anything but this XML with SUCCESS is a failure to WeChat, whatever its status. */
export const wechatV2 = {
  account: wechatV2Account,
  verify: verifyWechatV2,
  acknowledge: {
    accepted: reply(200, "SUCCESS", "OK"),
    refused: (status, message) => reply(status, "FAIL", message),
  },
  calls: wechatV2Calls,
  hintsOfRefunds: true,
  statementFormat: wechatV2Statement,
} satisfies Gateway<WechatV2Account>;
