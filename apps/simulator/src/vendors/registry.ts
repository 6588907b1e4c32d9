import type { Account } from "@zhanggui/gateways";

import type { KeysOf } from "../keys/gateway-keys.ts";
import { alipay } from "./alipay/index.ts";
import { hmac } from "./hmac/index.ts";
import { stripe } from "./stripe/index.ts";
import { wechatV3 } from "./wechat-v3/index.ts";
import { unionpay } from "./unionpay/index.ts";
import type { AccountOf, Vendor } from "./vendor.ts";

/** The gateways that can be played. One line for each kind; a vendor of another account or other keys does not compile. */
export const vendors: { readonly [Kind in Account["kind"]]?: Vendor<AccountOf<Kind>, KeysOf<Kind>> } = {
  hmac,
  mock: hmac,
  alipay,
  "wechat-v3": wechatV3,
  stripe,
  unionpay,
};
