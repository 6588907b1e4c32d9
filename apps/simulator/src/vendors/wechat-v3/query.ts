import { z } from "zod";

import { type FoundPayment, findPayment, findTransaction } from "../../desk/find-payment.ts";
import type { Asked } from "./answering.ts";
import type { WechatHouse } from "./house.ts";
import { type Reply, done, paramError, read, refused } from "./reply.ts";
import { paidTrade, stateOf, unpaidTrade } from "./trade.ts";

export const noSuchOrder = refused(404, "ORDER_NOT_EXIST", "订单不存在");

const input = z.object({ mchid: z.string() });

/** By the merchant's number, or, once it is paid, by WeChat's (WeChat Pay v3 "查询订单"). */
export function queryTrade(house: WechatHouse, { path, query }: Asked): Reply {
  const reading = read(input, query, "query");
  if (!reading.ok) return reading.reply;
  if (reading.asked.mchid !== house.account.mchid)
    return paramError("mchid", "与Http头Authorization中的mchid不一致", "query");

  const number = path["number"] ?? "";
  const found = path["by"] === "id" ? findPaid(house, number) : findPayment(house, number);
  if (found === undefined) return noSuchOrder;

  const { account } = house;
  const { payment } = found;
  const state = stateOf(found);
  if (payment.standing.status !== "SUCCESS") return done(unpaidTrade(account, payment, state));
  const { transactionId, currency, standing } = payment;
  const paidAt = new Date(standing.paidAt);
  return done(paidTrade(account, payment, { state, transactionId, amount: found.amount, currency, paidAt }));
}

function findPaid(house: WechatHouse, transactionId: string): FoundPayment | undefined {
  const found = findTransaction(house, transactionId);
  return found?.status === "SUCCESS" ? found : undefined;
}
