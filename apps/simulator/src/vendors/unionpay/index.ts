import type { Vendor } from "../vendor.ts";
import type { UnionpayAccount, UnionpayKeys } from "./house.ts";
import { isAcknowledged, ladderSeconds, tells, writeNotice } from "./notice.ts";
import { newQueryId } from "./numbers.ts";
import { routes } from "./routes.ts";

/** UnionPay's side of 银联全渠道, ACP 5.1.0: 网关支付, 退货, 消费撤销, 交易状态查询 and 对账文件下载. */
export const unionpay: Vendor<UnionpayAccount, UnionpayKeys> = {
  routes,
  writeNotice,
  tells,
  isAcknowledged,
  ladderSeconds,
  numbers: { transactionId: newQueryId, refundId: newQueryId },
  look: "unionpay",
};
