import { z } from "zod";

import { findPayment, findRefund } from "../../desk/find-payment.ts";
import { type AnswerCode, answerTexts, codeOf } from "./answer-codes.ts";
import type { Reply, Service } from "./answer.ts";
import { beijingTime, orderId } from "./fields.ts";
import type { UnionpayHouse } from "./house.ts";
import { movedFields, orderFields, refundType, typeFields } from "./order-facts.ts";
import { readWords } from "./read-request.ts";
import type { Fields } from "./signature.ts";

const question = z.object({ txnType: z.literal("00"), orderId, txnTime: beijingTime });

/** 交易状态查询, for payments and refunds alike: `respCode` speaks of the query, `origRespCode` of the order. */
export const query: Service = (house, fields) => {
  const reading = readWords(question, fields);
  if (!reading.ok) return { code: reading.code };
  return paymentReply(house, reading.words) ?? refundReply(house, reading.words) ?? { code: "34" };
};

type OrderName = { readonly orderId: string; readonly txnTime: string };

function paymentReply(house: UnionpayHouse, name: OrderName): Reply | undefined {
  const found = findPayment(house, name.orderId);
  if (found?.payment.extra?.["txnTime"] !== name.txnTime) return undefined;
  const { payment, status, amount } = found;
  const { standing } = payment;
  return known(codeOf(status), {
    ...typeFields("01"),
    ...orderFields({ queryId: payment.transactionId, amount }),
    ...(standing.status === "SUCCESS" ? movedFields({ amount, at: new Date(standing.paidAt) }) : {}),
  });
}

function refundReply(house: UnionpayHouse, name: OrderName): Reply | undefined {
  const found = findRefund(house, name.orderId);
  if (found?.refund.extra?.["txnTime"] !== name.txnTime) return undefined;
  const { refundId, refundAmount: amount, standing, extra } = found.refund;
  return known(codeOf(standing.status), {
    ...typeFields(refundType(extra)),
    ...orderFields({ queryId: refundId, amount }),
    origQryId: extra?.["origQryId"] ?? found.payment.transactionId,
    ...(standing.status === "SUCCESS" ? movedFields({ amount, at: new Date(standing.settledAt) }) : {}),
  });
}

function known(code: AnswerCode, fields: Fields): Reply {
  return { code: "00", fields: { ...fields, origRespCode: code, origRespMsg: answerTexts[code] } };
}
