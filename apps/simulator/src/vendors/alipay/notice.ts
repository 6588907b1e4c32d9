import { type KeyObject, createHash, generateKeyPairSync } from "node:crypto";

import { formatAmount } from "@zhanggui/domain";

import { byTransaction } from "../../book/charges.ts";
import type { Folder } from "../../book/folders.ts";
import type { Answer, Facts, Notice, PaymentFacts } from "../../book/records.ts";
import { buyerCameAt } from "../../desk/buyer.ts";
import type { NoticeText, Signing } from "../../notices/scheme.ts";
import { shanghaiDay } from "../../shanghai.ts";
import { beijingText, beijingTextWithMs } from "./beijing.ts";
import { encode, readCharset } from "./charset.ts";
import { formOf } from "./form.ts";
import type { AlipayOffice } from "./house.ts";
import { signBytes, signType, signedText } from "./signature.ts";
import { buyer, returnedOf } from "./trade.ts";

type Fields = Readonly<Record<string, string>>;
type RefundFacts = Extract<Facts, { readonly about: "refund" }>;

const unsigned: ReadonlySet<string> = new Set(["sign", "sign_type"]);

/** A word that was told to be claimed instead goes out as it is. */
const paymentWords: ReadonlyMap<string, string> = new Map([
  ["SUCCESS", "TRADE_SUCCESS"],
  ["NOTPAY", "WAIT_BUYER_PAY"],
  ["PAYERROR", "WAIT_BUYER_PAY"],
  ["USERPAYING", "WAIT_BUYER_PAY"],
  ["CLOSED", "TRADE_CLOSED"],
  ["EXPIRED", "TRADE_CLOSED"],
]);
const paidWords: ReadonlySet<string> = new Set(["TRADE_SUCCESS", "TRADE_FINISHED"]);

/**
 * An asynchronous notice (opendocs.alipay.com, 异步通知说明): a form in the charset of the payment's request, signed
 * without `sign` and `sign_type`. A redelivery is the same bytes, `notify_time` being when the notice was made.
 */
export function writeNotice(office: AlipayOffice, notice: Notice, { key }: Signing): NoticeText {
  const known = office.book.find(notice.provider, notice.outTradeNo);
  const folder = known && (byTransaction(known, notice.facts.transactionId) ?? known);
  const charset = readCharset(folder?.payment.extra?.["charset"] ?? "") ?? "utf-8";
  const fields = { ...commonFields(office, notice, charset), ...tradeFields(notice, folder) };
  const bytes = encode(signedText(Object.entries(fields), unsigned), charset);
  const signature = signBytes(bytes, key === "foreign" ? foreignKey() : office.keys.alipayPrivateKey);
  return {
    headers: { "content-type": `application/x-www-form-urlencoded; charset=${charset}` },
    body: formOf({ ...fields, sign_type: signType, sign: signature }, charset),
  };
}

/** Nobody hears of a password that was wrong, nor of a refund that returned nothing. */
export function tells({ about, status }: Facts): boolean {
  return about === "payment" ? status !== "PAYERROR" : status === "SUCCESS";
}

/** The seven bytes `success` and nothing else. */
export function isAcknowledged(answer: Answer): boolean {
  return answer.kind === "answered" && answer.status === 200 && answer.body === "success";
}

function commonFields({ account }: AlipayOffice, notice: Notice, charset: string): Fields {
  return {
    notify_time: beijingText(new Date(notice.createdAt)),
    notify_type: "trade_status_sync",
    notify_id: notifyIdOf(notice),
    charset,
    version: "1.0",
    app_id: account.app_id,
    auth_app_id: account.app_id,
    seller_id: account.seller_id,
    buyer_id: buyer.id,
    buyer_logon_id: buyer.logonId,
    out_trade_no: notice.outTradeNo,
    trade_no: notice.facts.transactionId,
    total_amount: notice.facts.amount,
  };
}

/** 34 digits that begin with the day, the same for all that is told of one event. */
function notifyIdOf({ eventId, facts }: Notice): string {
  const digits = BigInt(`0x${createHash("sha256").update(eventId).digest("hex")}`)
    .toString()
    .padStart(78, "0");
  return `${shanghaiDay(new Date(facts.happenedAt)).replaceAll("-", "")}00222${digits.slice(-21)}`;
}

function tradeFields({ facts }: Notice, folder: Folder | undefined): Fields {
  const payment = folder?.payment;
  const { body, passbackParams } = payment?.extra ?? {};
  const createdAt = payment && (buyerCameAt(payment) ?? payment.createdAt);
  return {
    ...(payment === undefined ? {} : { subject: payment.subject }),
    ...(body === undefined ? {} : { body }),
    ...(passbackParams === undefined ? {} : { passback_params: passbackParams }),
    gmt_create: beijingText(new Date(createdAt ?? facts.happenedAt)),
    ...(facts.about === "payment" ? paymentFields(facts) : refundFields(facts, folder)),
  };
}

function paymentFields({ status, amount, happenedAt }: PaymentFacts): Fields {
  const word = paymentWords.get(status) ?? status;
  if (paidWords.has(word)) return { trade_status: word, ...paidFields(amount, happenedAt) };
  if (word === "TRADE_CLOSED") return { trade_status: word, gmt_close: beijingText(new Date(happenedAt)) };
  return { trade_status: word };
}

/** The payment's notice again: `TRADE_CLOSED` once all of it went back. `refund_fee` is the running total. */
function refundFields(facts: RefundFacts, folder: Folder | undefined): Fields {
  const standing = folder?.payment.standing;
  const paidAt = standing?.status === "SUCCESS" ? standing.paidAt : facts.happenedAt;
  const happenedAt = new Date(facts.happenedAt);
  const returned = returnedUpTo(facts, folder);
  const isWhole = returned === facts.amount;
  return {
    trade_status: isWhole ? "TRADE_CLOSED" : "TRADE_SUCCESS",
    ...paidFields(facts.amount, paidAt),
    out_biz_no: facts.outRefundNo,
    refund_fee: returned,
    gmt_refund: beijingTextWithMs(happenedAt),
    ...(isWhole ? { gmt_close: beijingText(happenedAt) } : {}),
  };
}

/** Refunds lie in the order in which they were made, so that a redelivery says the same after a later one. */
function returnedUpTo({ outRefundNo, refundAmount }: RefundFacts, folder: Folder | undefined): string {
  const refunds = [...(folder?.refunds.values() ?? [])];
  const place = refunds.findIndex((refund) => refund.outRefundNo === outRefundNo);
  return place < 0 ? refundAmount : formatAmount(returnedOf(refunds.slice(0, place + 1)));
}

function paidFields(amount: string, paidAt: string): Fields {
  return {
    receipt_amount: amount,
    invoice_amount: amount,
    buyer_pay_amount: amount,
    point_amount: "0.00",
    fund_bill_list: JSON.stringify([{ amount, fundChannel: "ALIPAYACCOUNT" }]),
    gmt_payment: beijingText(new Date(paidAt)),
  };
}

let madeForeignKey: KeyObject | undefined;

/** Nobody's key, made when a forgery first needs one. */
function foreignKey(): KeyObject {
  madeForeignKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return madeForeignKey;
}
