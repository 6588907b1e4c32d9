import { findRefund } from "../../desk/find-payment.ts";
import type { Asked } from "./answering.ts";
import type { WechatHouse } from "./house.ts";
import { refundSaid } from "./refund-words.ts";
import { type Reply, done, refused } from "./reply.ts";

/** WeChat Pay v3 "查询单笔退款". */
export function queryRefund(house: WechatHouse, { path }: Asked): Reply {
  const found = findRefund(house, path["number"] ?? "");
  return found === undefined
    ? refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    : done(refundSaid(found.payment, found.refund));
}
