import { z } from "zod";

import type { Answer, Notice } from "../../book/records.ts";
import type { NoticeText, Signing } from "../../notices/scheme.ts";
import type { HmacAccount, HmacOffice } from "./house.ts";
import { type Fields, signFields } from "./signed-fields.ts";

const acknowledgement = z.object({ code: z.literal("SUCCESS") });

/** A form of the contract's fields, signed. */
export function writeNotice({ account }: HmacOffice, notice: Notice, { at, key }: Signing): NoticeText {
  return {
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: new URLSearchParams(signFields(fieldsOf(notice), secretOf(account, key), at)).toString(),
  };
}

/** 2xx with `{"code":"SUCCESS"}`. */
export function isAcknowledged(answer: Answer): boolean {
  if (answer.kind === "unanswered" || answer.status < 200 || answer.status > 299) return false;
  try {
    return acknowledgement.safeParse(JSON.parse(answer.body)).success;
  } catch {
    return false;
  }
}

function fieldsOf({ outTradeNo, facts }: Notice): Fields {
  const common = {
    out_trade_no: outTradeNo,
    transaction_id: facts.transactionId,
    amount: facts.amount,
    currency: facts.currency,
  };
  if (facts.about === "payment") return { ...common, status: facts.status };
  return {
    ...common,
    out_refund_no: facts.outRefundNo,
    refund_id: facts.refundId,
    refund_amount: facts.refundAmount,
    refund_status: facts.status,
  };
}

function secretOf({ secret, previousSecrets }: HmacAccount, key: Signing["key"]): string {
  if (key === "foreign") return `not ${secret}`;
  return key === "other" ? (previousSecrets?.[0] ?? secret) : secret;
}
