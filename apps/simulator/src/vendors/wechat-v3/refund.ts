import { fromMinor } from "@zhanggui/domain";
import { z } from "zod";

import { type FoundPayment, findPayment, findTransaction } from "../../desk/find-payment.ts";
import { type RefundRefusal, takeRefund } from "../../desk/take-refund.ts";
import type { Asked } from "./answering.ts";
import { fenOf } from "./fen.ts";
import type { WechatHouse } from "./house.ts";
import { refundSaid } from "./refund-words.ts";
import { type Reply, done, read, refused } from "./reply.ts";

const fen = z.int().min(1);
const input = z
  .object({
    transaction_id: z.string().max(32).optional(),
    out_trade_no: z.string().max(32).optional(),
    out_refund_no: z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/, "只能是数字、大小写字母_-|*@，1–64个字符"),
    reason: z.string().max(80).default(""),
    notify_url: z.url({ protocol: /^https?$/ }).optional(),
    amount: z.object({ refund: fen, total: fen, currency: z.literal("CNY") }),
  })
  .refine((said) => said.transaction_id !== undefined || said.out_trade_no !== undefined, {
    path: ["transaction_id"],
    message: "transaction_id和out_trade_no二选一必填",
  })
  .refine(({ amount }) => amount.refund <= amount.total, {
    path: ["amount", "refund"],
    message: "退款金额不能大于原订单金额",
  });

type Words = z.infer<typeof input>;

const refusals: Readonly<Record<RefundRefusal, string>> = {
  not_paid: "订单未支付，不可申请退款",
  exceeds_paid: "申请退款总金额不能超过订单金额",
  too_many: "订单的部分退款次数超限",
};

/** Takes a refund on; how it ends is told later (WeChat Pay v3 "申请退款"). The same number never refunds twice. */
export function askRefund(house: WechatHouse, { body }: Asked): Reply {
  const reading = read(input, body, "body");
  if (!reading.ok) return reading.reply;
  const { asked: words } = reading;
  const found = findOrder(house, words);
  if (found === undefined) return refused(404, "RESOURCE_NOT_EXISTS", "订单不存在");
  if (words.amount.total !== fenOf(found.amount)) return invalid("订单金额或退款金额与之前请求不一致，请核实后再试");

  const { payment } = found;
  const taking = takeRefund(house, {
    outTradeNo: payment.outTradeNo,
    of: { transactionId: payment.transactionId },
    outRefundNo: words.out_refund_no,
    refundAmount: fromMinor(words.amount.refund),
    reason: words.reason,
    ...(words.notify_url === undefined ? {} : { notifyUrl: words.notify_url }),
    settling: "later",
  });
  switch (taking.kind) {
    case "taken":
    case "known":
      return done(refundSaid(payment, taking.refund));
    case "differs":
      return invalid("订单金额或退款金额与之前请求不一致，请核实后再试");
    case "not_found":
      return refused(404, "RESOURCE_NOT_EXISTS", "订单不存在");
    case "refused":
      return invalid(refusals[taking.why]);
  }
}

/** Both numbers may be given; they must be of one order. */
function findOrder(house: WechatHouse, words: Words): FoundPayment | undefined {
  const { transaction_id: transactionId, out_trade_no: outTradeNo } = words;
  if (transactionId === undefined) return outTradeNo === undefined ? undefined : findPayment(house, outTradeNo);
  const found = findTransaction(house, transactionId);
  return outTradeNo === undefined || found?.payment.outTradeNo === outTradeNo ? found : undefined;
}

function invalid(message: string): Reply {
  return refused(400, "INVALID_REQUEST", message);
}
