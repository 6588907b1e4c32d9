import { amountOf } from "../../book/standing.ts";
import { beijingText } from "./beijing.ts";
import { encode, readCharset } from "./charset.ts";
import { formOf } from "./form.ts";
import type { AlipayHouse } from "./house.ts";
import { signBytes, signType, signedText } from "./signature.ts";

const unsigned: ReadonlySet<string> = new Set(["sign", "sign_type"]);

/** Below the gateway's address. */
export function returnPath(outTradeNo: string): string {
  return `/return.htm?${new URLSearchParams({ out_trade_no: outTradeNo }).toString()}`;
}

/**
 * The merchant's `return_url` with the signed parameters of 同步通知, which name no status: the visit proves nothing.
 * `undefined` until the payment is paid, and where the merchant wants nobody back.
 */
export function returnAddress(house: AlipayHouse, outTradeNo: string): string | undefined {
  const payment = house.book.find(house.provider, outTradeNo)?.payment;
  const { merchantReturnUrl, method, charset: given = "" } = payment?.extra ?? {};
  if (payment?.standing.status !== "SUCCESS" || merchantReturnUrl === undefined) return undefined;

  const charset = readCharset(given) ?? "utf-8";
  const { app_id, seller_id } = house.account;
  const fields = {
    charset,
    out_trade_no: outTradeNo,
    method: `${method}.return`,
    total_amount: amountOf(payment),
    trade_no: payment.transactionId,
    auth_app_id: app_id,
    version: "1.0",
    app_id,
    seller_id,
    timestamp: beijingText(house.now()),
  };
  const bytes = encode(signedText(Object.entries(fields), unsigned), charset);
  const signed = { ...fields, sign: signBytes(bytes, house.keys.alipayPrivateKey), sign_type: signType };
  return `${merchantReturnUrl}${merchantReturnUrl.includes("?") ? "&" : "?"}${formOf(signed, charset)}`;
}
