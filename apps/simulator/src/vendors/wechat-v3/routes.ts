import { Hono } from "hono";

import { applyAbnormalRefund } from "./abnormal-refund.ts";
import { answering } from "./answering.ts";
import { askTradeBill, downloadBill } from "./bill.ts";
import { openBillShelf } from "./bill-shelf.ts";
import { listCertificates } from "./certificates.ts";
import { closeTrade } from "./close.ts";
import { createTrade } from "./create.ts";
import type { WechatHouse } from "./house.ts";
import { queryTrade } from "./query.ts";
import { askRefund } from "./refund.ts";
import { queryRefund } from "./refund-query.ts";

const trades = "/v3/pay/transactions";
const refunds = "/v3/refund/domestic/refunds";

/** WeChat's own paths below `https://api.mch.weixin.qq.com`. */
export function routes(house: WechatHouse): Hono {
  const shelf = openBillShelf(house.now);
  return new Hono()
    .post(
      `${trades}/:product{native|h5|jsapi|app}`,
      answering(house, (asked) => createTrade(house, asked)),
    )
    .get(
      `${trades}/:by{id|out-trade-no}/:number`,
      answering(house, (asked) => queryTrade(house, asked)),
    )
    .post(
      `${trades}/out-trade-no/:number/close`,
      answering(house, (asked) => closeTrade(house, asked)),
    )
    .post(
      refunds,
      answering(house, (asked) => askRefund(house, asked)),
    )
    .get(
      `${refunds}/:number`,
      answering(house, (asked) => queryRefund(house, asked)),
    )
    .post(
      `${refunds}/:refundId/apply-abnormal-refund`,
      answering(house, (asked) => applyAbnormalRefund(house, asked)),
    )
    .get(
      "/v3/certificates",
      answering(house, () => listCertificates(house)),
    )
    .get(
      "/v3/bill/tradebill",
      answering(house, (asked) => askTradeBill(house, shelf, asked)),
    )
    .get("/v3/billdownload/file", (c) => downloadBill(house, shelf, c));
}
