import { readWechatBill } from "../reading/wechat-bill.ts";
import { type StatementFormat, beijingDay } from "../statement-format.ts";
import type { WechatV3Account } from "./account.ts";

export const wechatV3Statement: StatementFormat<WechatV3Account> = {
  ...beijingDay,
  read: ({ mchid }, file) => readWechatBill(mchid, file),
};
