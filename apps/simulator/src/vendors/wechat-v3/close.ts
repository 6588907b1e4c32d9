import { z } from "zod";

import { closePayment } from "../../desk/close-payment.ts";
import type { Asked } from "./answering.ts";
import type { WechatHouse } from "./house.ts";
import { noSuchOrder } from "./query.ts";
import { type Reply, paramError, read, refused } from "./reply.ts";

const input = z.object({ mchid: z.string() });

/** Answers 204 with an empty body, which is signed all the same (WeChat Pay v3 "关闭订单"). */
export function closeTrade(house: WechatHouse, { body, path }: Asked): Reply {
  const reading = read(input, body, "body");
  if (!reading.ok) return reading.reply;
  if (reading.asked.mchid !== house.account.mchid) return paramError("/mchid", "与Http头Authorization中的mchid不一致");

  const { kind } = closePayment(house, path["number"] ?? "");
  switch (kind) {
    case "closed":
      return { status: 204 };
    case "already_closed":
      return refused(400, "ORDER_CLOSED", "订单已关闭");
    case "paid":
      return refused(400, "ORDERPAID", "订单已支付");
    case "not_found":
      return noSuchOrder;
  }
}
