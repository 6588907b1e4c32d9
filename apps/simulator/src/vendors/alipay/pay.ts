import { success } from "./answer.ts";
import type { Call } from "./call.ts";
import { type OpenInput, openInput, openTrade } from "./open-trade.ts";

/** `alipay.trade.precreate`: a code to scan. Here it holds the cashier's own address, so that any phone or browser opens it. */
export const precreate: Call<OpenInput> = {
  input: openInput,
  answer: (house, input, asked) =>
    openTrade(house, input, asked) ??
    success({ out_trade_no: input.out_trade_no, qr_code: house.cashierUrl(asked.request, input.out_trade_no) }),
};

/** `alipay.trade.page.pay` and `alipay.trade.wap.pay`: the merchant's form sends the buyer's browser here. */
export const page: Call<OpenInput> = {
  input: openInput,
  answer: (house, input, asked) =>
    openTrade(house, input, asked) ?? { location: house.cashierUrl(asked.request, input.out_trade_no) },
};
