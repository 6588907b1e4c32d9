import type { Answer, Facts, Notice } from "../../book/records.ts";
import type { NoticeText, Signing } from "../../notices/scheme.ts";
import { answerTexts, codeOf } from "./answer-codes.ts";
import { credentialOf } from "./credential.ts";
import type { UnionpayOffice } from "./house.ts";
import { movedFields, orderFields, refundType, typeFields } from "./order-facts.ts";
import { type Fields, signFields } from "./signature.ts";

/** Five sends, 1, 2, 4 and 5 minutes apart (gateways.md §4 "Ack"). */
export const ladderSeconds: readonly number[] = [60, 120, 240, 300];

/** 后台通知: a form of the order's facts, with UnionPay's certificate inside of it. */
export function writeNotice(office: UnionpayOffice, notice: Notice, signing: Signing): NoticeText {
  const code = codeOf(notice.facts.status);
  const fields: Fields = {
    accessType: "0",
    encoding: "UTF-8",
    merId: office.account.merId,
    version: "5.1.0",
    respCode: code,
    respMsg: answerTexts[code],
    ...fieldsOf(office, notice),
  };
  return {
    headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" },
    body: new URLSearchParams(signFields(fields, credentialOf(office, signing))).toString(),
  };
}

/** UnionPay tells of successes alone; what else becomes of an order has to be asked for. */
export function tells({ status }: Facts): boolean {
  return status === "SUCCESS";
}

/** The status alone counts. */
export function isAcknowledged(answer: Answer): boolean {
  return answer.kind === "answered" && answer.status === 200;
}

function fieldsOf({ book, provider }: UnionpayOffice, { outTradeNo, facts }: Notice): Fields {
  const at = new Date(facts.happenedAt);
  if (facts.about === "payment") {
    const extra = book.find(provider, outTradeNo)?.payment.extra;
    const { transactionId: queryId, amount } = facts;
    return {
      ...typeFields("01"),
      ...orderFields({ queryId, amount }),
      ...movedFields({ amount, at }),
      orderId: outTradeNo,
      txnTime: extra?.["txnTime"] ?? "",
    };
  }
  const { refundId: queryId, refundAmount: amount } = facts;
  const extra = book.findRefund(provider, facts.outRefundNo)?.extra;
  return {
    ...typeFields(refundType(extra)),
    ...orderFields({ queryId, amount }),
    ...movedFields({ amount, at }),
    orderId: facts.outRefundNo,
    txnTime: extra?.["txnTime"] ?? "",
    origQryId: extra?.["origQryId"] ?? facts.transactionId,
  };
}
