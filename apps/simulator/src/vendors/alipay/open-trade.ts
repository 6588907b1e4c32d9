import { z } from "zod";

import { statusOf } from "../../book/standing.ts";
import { buyerCameAt } from "../../desk/buyer.ts";
import { openPayment } from "../../desk/open-payment.ts";
import { idText } from "../../fields.ts";
import { type Answer, failure } from "./answer.ts";
import { yuan } from "./call.ts";
import { readDeadline } from "./deadline.ts";
import { type AlipayHouse, gatewayUrl } from "./house.ts";
import type { Asked } from "./read-request.ts";
import { returnPath } from "./return-page.ts";

const maximumSubject = 256;
const maximumText = 512;
const maximumYuan = 100_000_000;

/** The `biz_content` that the ways to pay share. */
export const openInput = z.object({
  out_trade_no: idText,
  total_amount: yuan.refine((amount) => amount.lessThanOrEqualTo(maximumYuan), "must be at most 100,000,000"),
  subject: z
    .string()
    .min(1)
    .max(maximumSubject)
    .regex(/^[^/=&]*$/, "must be without / = &"),
  body: z.string().max(maximumText).optional(),
  passback_params: z.string().max(maximumText).optional(),
  seller_id: z.string().optional(),
  time_expire: z.string().optional(),
  timeout_express: z.string().optional(),
});

export type OpenInput = z.infer<typeof openInput>;

/** Opens what is asked for, or says why not. Asked for again in the same words, it is there already. */
export function openTrade(house: AlipayHouse, input: OpenInput, asked: Asked): Answer | undefined {
  const { out_trade_no, seller_id } = input;
  if (seller_id !== undefined && seller_id !== house.account.seller_id) {
    return failure("ACQ.INVALID_PARAMETER", "seller_id");
  }
  const expiresAt = readDeadline(input, house.now());
  if (expiresAt === undefined) return failure("ACQ.INVALID_PARAMETER", "time_expire");

  const { kind, payment } = openPayment(house, {
    outTradeNo: out_trade_no,
    amount: input.total_amount,
    currency: "CNY",
    subject: input.subject,
    expiresAt,
    ...(asked.notifyUrl === undefined ? {} : { notifyUrl: asked.notifyUrl }),
    extra: extraOf(input, asked),
  });
  if (kind === "opened") return undefined;
  const status = statusOf(payment, house.now());
  if (status === "SUCCESS") return failure("ACQ.TRADE_HAS_SUCCESS");
  if (status === "CLOSED") return failure("ACQ.TRADE_HAS_CLOSE");
  if (status === "EXPIRED" && buyerCameAt(payment) !== undefined) return failure("ACQ.TRADE_HAS_CLOSE");
  return kind === "differs" ? failure("ACQ.CONTEXT_INCONSISTENT") : undefined;
}

/** What its notices and its way back need; `returnUrl` is where the cashier leads to. */
function extraOf({ out_trade_no, body, passback_params }: OpenInput, { charset, method, returnUrl, request }: Asked) {
  return {
    charset,
    ...(body === undefined ? {} : { body }),
    ...(passback_params === undefined ? {} : { passbackParams: passback_params }),
    ...(returnUrl === undefined
      ? {}
      : { merchantReturnUrl: returnUrl, method, returnUrl: `${gatewayUrl(request)}${returnPath(out_trade_no)}` }),
  };
}
