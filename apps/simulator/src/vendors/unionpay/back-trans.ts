import { Decimal } from "@zhanggui/domain";
import { z } from "zod";

import { type FoundPayment, findPayment, findTransaction } from "../../desk/find-payment.ts";
import { type RefundRefusal, takeRefund } from "../../desk/take-refund.ts";
import type { RefusalCode } from "./answer-codes.ts";
import type { Service } from "./answer.ts";
import { settlementDay } from "./beijing-time.ts";
import { beijingTime, fenAmount, orderId, webAddress } from "./fields.ts";
import { orderFields } from "./order-facts.ts";
import { isTimely, readWords } from "./read-request.ts";

const returning = z.object({
  txnType: z.enum(["04", "31"]),
  txnSubType: z.literal("00"),
  orderId,
  txnTime: beijingTime,
  txnAmt: fenAmount,
  origQryId: z.string().regex(/^[0-9A-Za-z]{1,32}$/),
  backUrl: webAddress,
});

type Returning = z.infer<typeof returning>;

/** A payment that is not paid is in the wrong state; more than what is left of it is another amount than its own. */
const refusals: Readonly<Record<RefundRefusal, RefusalCode>> = { not_paid: "35", exceeds_paid: "36", too_many: "33" };

/** 退货 (04), in parts as well, and 消费撤销 (31), the whole payment within its settlement day. */
export const backTrans: Service = (house, fields) => {
  if (!["04", "31"].includes(fields["txnType"] ?? "")) return { code: "32" };
  const reading = readWords(returning, fields);
  if (!reading.ok) return { code: reading.code };
  const asked = reading.words;
  const now = house.now();
  if (!isTimely(asked.txnTime, now)) return { code: "39" };
  if (findPayment(house, asked.orderId)) return { code: "12" };
  const found = findTransaction(house, asked.origQryId);
  if (found === undefined) return { code: "35" };
  const isRepeat = house.book.findRefund(house.provider, asked.orderId) !== undefined;
  const voiding = asked.txnType === "31" && !isRepeat ? voidRefusal(found, asked, now) : undefined;
  if (voiding !== undefined) return { code: voiding };

  const taking = takeRefund(house, {
    outTradeNo: found.payment.outTradeNo,
    of: { transactionId: asked.origQryId },
    outRefundNo: asked.orderId,
    refundAmount: asked.txnAmt,
    reason: asked.txnType === "31" ? "消费撤销" : "退货",
    notifyUrl: asked.backUrl,
    settling: "later",
    extra: { txnType: asked.txnType, txnTime: asked.txnTime, origQryId: asked.origQryId },
  });
  switch (taking.kind) {
    case "taken": {
      const { refundId, refundAmount } = taking.refund;
      return { code: "00", fields: orderFields({ queryId: refundId, amount: refundAmount }) };
    }
    // Never made twice: what became of the first one is for a query to say.
    case "known":
    case "differs":
      return { code: "12" };
    case "not_found":
      return { code: "35" };
    case "refused":
      return { code: refusals[taking.why] };
  }
};

function voidRefusal({ payment, refunds }: FoundPayment, asked: Returning, now: Date): RefusalCode | undefined {
  const { standing } = payment;
  if (standing.status !== "SUCCESS" || refunds.length > 0) return "35";
  if (settlementDay(new Date(standing.paidAt)) !== settlementDay(now)) return "39";
  return asked.txnAmt.equals(new Decimal(standing.paid)) ? undefined : "36";
}
