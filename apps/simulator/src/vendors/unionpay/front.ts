import { Hono } from "hono";
import { z } from "zod";

import { findPayment, findRefund } from "../../desk/find-payment.ts";
import { openPayment } from "../../desk/open-payment.ts";
import { detectLanguage, readingOf } from "../../pages/language.ts";
import type { RefusalCode } from "./answer-codes.ts";
import { readBeijingText } from "./beijing-time.ts";
import { beijingTime, fenAmount, orderId, webAddress } from "./fields.ts";
import { type FrontRefusal, frontPage } from "./front-page.ts";
import type { UnionpayHouse } from "./house.ts";
import { isTimely, readRequest, readWords } from "./read-request.ts";
import type { Fields } from "./signature.ts";

const path = "/frontTransReq.do";
/** For an order without a `payTimeout`. */
const defaultTimeoutMs = 24 * 60 * 60 * 1000;
const commodityName = /[{&]commodityName=([^&}]+)/;

const order = z.object({
  txnType: z.literal("01"),
  txnSubType: z.literal("01"),
  bizType: z.string().regex(/^\d{6}$/),
  channelType: z.string().regex(/^\d\d$/),
  currencyCode: z.literal("156"),
  orderId,
  txnTime: beijingTime,
  txnAmt: fenAmount,
  backUrl: webAddress,
  frontUrl: webAddress.optional(),
  payTimeout: beijingTime.optional(),
  riskRateInfo: z.string().default(""),
});

/** 前台交易: the buyer's browser brings the signed order, and is led to the cashier or told what is wrong with it. */
export function front(house: UnionpayHouse): Hono {
  return new Hono()
    .use(path, detectLanguage)
    .get(path, (c) => c.html(frontPage(readingOf(c), { code: "13" }), 400))
    .post(path, async (c) => {
      const opening = openOrder(house, await c.req.text());
      return opening.code === "00"
        ? c.redirect(house.cashierUrl(c.req.raw, opening.orderId), 303)
        : c.html(frontPage(readingOf(c), opening), 400);
    });
}

type Opened = { readonly code: "00"; readonly orderId: string };

/** The same order that is posted again is the same payment, as long as UnionPay takes its `txnTime`. */
function openOrder(house: UnionpayHouse, body: string): Opened | FrontRefusal {
  const request = readRequest(body, house);
  if (!request.ok) return refused(request.code, request.fields);
  const { fields } = request;
  const reading = readWords(order, fields);
  if (!reading.ok) return { ...refused(reading.code, fields), field: reading.why };

  const asked = reading.words;
  const now = house.now();
  const expiresAt = readBeijingText(asked.payTimeout ?? "") ?? new Date(now.getTime() + defaultTimeoutMs);
  const known = findPayment(house, asked.orderId)?.payment;
  if (!isTimely(asked.txnTime, now) || (known === undefined && expiresAt <= now)) return refused("39", fields);
  const isTaken = findRefund(house, asked.orderId) !== undefined;
  if (isTaken || (known !== undefined && known.extra?.["txnTime"] !== asked.txnTime)) return refused("12", fields);

  const { kind } = openPayment(house, {
    outTradeNo: asked.orderId,
    amount: asked.txnAmt,
    currency: "CNY",
    subject: commodityName.exec(asked.riskRateInfo)?.[1] ?? asked.orderId,
    notifyUrl: asked.backUrl,
    expiresAt,
    extra: { txnTime: asked.txnTime, ...(asked.frontUrl === undefined ? {} : { returnUrl: asked.frontUrl }) },
  });
  return kind === "differs" ? refused("12", fields) : { code: "00", orderId: asked.orderId };
}

function refused(code: RefusalCode, fields: Fields): FrontRefusal {
  return { code, orderId: fields["orderId"] };
}
