import { readWechatBill } from "../reading/wechat-bill.ts";
import { type StatementFormat, beijingDay } from "../statement-format.ts";
import type { WechatV2Account } from "./account.ts";

export const wechatV2Statement: StatementFormat<WechatV2Account> = {
  ...beijingDay,
  read: ({ mch_id }, file) => readWechatBill(mch_id, file),
};
