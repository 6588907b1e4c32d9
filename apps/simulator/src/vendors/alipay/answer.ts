import { encode } from "./charset.ts";
import { signBytes } from "./signature.ts";

/** The value of `<method>_response`. */
export type Answer = {
  readonly code: string;
  readonly msg: string;
  readonly sub_code?: string;
  readonly sub_msg?: string;
};

export function success(fields: Readonly<Record<string, unknown>>): Answer {
  return { code: "10000", msg: "Success", ...fields };
}

/** What the business codes used here say (业务错误码 of each call's page). */
const business = {
  "ACQ.CONTEXT_INCONSISTENT": "交易信息被篡改",
  "ACQ.DISCORDANT_REPEAT_REQUEST": "请求信息不一致",
  "ACQ.INVALID_PARAMETER": "参数无效",
  "ACQ.REASON_TRADE_REFUND_FEE_ERR": "退款金额无效",
  "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "退款金额超限",
  "ACQ.SELLER_BALANCE_NOT_ENOUGH": "卖家余额不足",
  "ACQ.SYSTEM_ERROR": "系统错误",
  "ACQ.TRADE_HAS_CLOSE": "交易已经关闭",
  "ACQ.TRADE_HAS_SUCCESS": "交易已被支付",
  "ACQ.TRADE_NOT_EXIST": "交易不存在",
  "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
  "isp.bill_not_exist": "账单不存在",
} as const;

/** The call was understood and will not be done. `detail` replaces the code's own text. */
export function failure(code: keyof typeof business, detail: string = business[code]): Answer {
  return { code: "40004", msg: "Business Failed", sub_code: code, sub_msg: detail };
}

export function missing(name: string): Answer {
  const text = `缺少${name}参数`;
  return { code: "40001", msg: "Missing Required Arguments", sub_code: `isv.missing-${name}`, sub_msg: text };
}

export function invalid(name: string, detail = `无效的${name}参数`): Answer {
  return { code: "40002", msg: "Invalid Arguments", sub_code: `isv.invalid-${name}`, sub_msg: detail };
}

/** The whole body: Alipay signs the raw text of the value, in which it escapes every slash. */
export function signedBody(method: string, answer: Answer, { charset, key }: { charset: string; key: string }): Buffer {
  const text = textOf(answer);
  const signature = signBytes(encode(text, charset), key);
  return encode(`{"${method.replaceAll(".", "_")}_response":${text},"sign":"${signature}"}`, charset);
}

/** To somebody who is not known: nobody's signature. */
export function unsignedBody(answer: Answer): Buffer {
  return Buffer.from(`{"error_response":${textOf(answer)}}`);
}

function textOf(answer: Answer): string {
  return JSON.stringify(answer).replaceAll("/", String.raw`\/`);
}
