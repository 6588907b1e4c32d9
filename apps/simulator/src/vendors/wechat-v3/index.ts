import type { Vendor } from "../vendor.ts";
import type { WechatAccount, WechatKeys } from "./house.ts";
import { ladderSeconds } from "./ladder.ts";
import { isAcknowledged, tells, writeNotice } from "./notice.ts";
import { newRefundId, newTransactionId } from "./numbers.ts";
import { routes } from "./routes.ts";

/** WeChat Pay API v3 (微信支付), direct mode: Native, H5, JSAPI and APP orders, refunds, bills and notices. */
export const wechatV3: Vendor<WechatAccount, WechatKeys> = {
  routes,
  writeNotice,
  tells,
  isAcknowledged,
  ladderSeconds,
  numbers: { transactionId: newTransactionId, refundId: newRefundId },
  look: "wechat",
};
