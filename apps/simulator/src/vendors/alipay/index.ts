import type { KeysOf } from "../../keys/gateway-keys.ts";
import type { Vendor } from "../vendor.ts";
import type { AlipayAccount } from "./house.ts";
import { ladderSeconds } from "./ladder.ts";
import { isAcknowledged, tells, writeNotice } from "./notice.ts";
import { newRefundId, newTradeNo } from "./numbers.ts";
import { routes } from "./routes.ts";

/** Alipay's open gateway (opendocs.alipay.com): RSA2, forms in, signed JSON out. */
export const alipay: Vendor<AlipayAccount, KeysOf<"alipay">> = {
  routes,
  writeNotice,
  tells,
  isAcknowledged,
  ladderSeconds,
  numbers: { transactionId: newTradeNo, refundId: newRefundId },
  look: "alipay",
};
