import type { Vendor } from "../vendor.ts";
import type { HmacAccount } from "./house.ts";
import { ladderSeconds } from "./ladder.ts";
import { isAcknowledged, writeNotice } from "./notice.ts";
import { newRefundId, newTransactionId } from "./numbers.ts";
import { routes } from "./routes.ts";

/** The gateway's side of the contract's `hmac` scheme. */
export const hmac: Vendor<HmacAccount, undefined> = {
  routes,
  writeNotice,
  isAcknowledged,
  ladderSeconds,
  numbers: { transactionId: newTransactionId, refundId: newRefundId },
  look: "plain",
};
