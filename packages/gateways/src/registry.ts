import type { Notice } from "@zhanggui/domain";
import { z } from "zod";

import { alipay } from "./alipay/index.ts";
import { type AlipayAccount, alipayAccount } from "./alipay/account.ts";
import type { Gateway } from "./gateway.ts";
import { type HmacAccount, hmacAccount } from "./hmac/account.ts";
import { hmac } from "./hmac/index.ts";
import { incomingOnly } from "./incoming-only.ts";
import { type MockAccount, mock, mockAccount } from "./mock/index.ts";
import { type StandardWebhooksAccount, standardWebhooksAccount } from "./standard-webhooks/account.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { type StripeAccount, stripeAccount } from "./stripe/account.ts";
import { stripe } from "./stripe/index.ts";
import { type UnionpayAccount, unionpayAccount } from "./unionpay/account.ts";
import { unionpay } from "./unionpay/index.ts";
import { type WechatV2Account, wechatV2Account } from "./wechat-v2/account.ts";
import { wechatV2 } from "./wechat-v2/index.ts";
import { type WechatV3Account, wechatV3Account } from "./wechat-v3/account.ts";
import { wechatV3 } from "./wechat-v3/index.ts";

export type AccountByKind = {
  readonly hmac: HmacAccount;
  readonly mock: MockAccount;
  readonly "wechat-v3": WechatV3Account;
  readonly "wechat-v2": WechatV2Account;
  readonly alipay: AlipayAccount;
  readonly unionpay: UnionpayAccount;
  readonly stripe: StripeAccount;
  readonly "standard-webhooks": StandardWebhooksAccount;
};
export type Kind = keyof AccountByKind;
export type Account = AccountByKind[Kind];

/** Adding a gateway is one folder and one line here (and its account beside it); what is missing does not compile. */
export const gateways: { readonly [K in Kind]: Gateway<AccountByKind[K]> } = {
  hmac,
  mock,
  "wechat-v3": wechatV3,
  "wechat-v2": wechatV2,
  alipay,
  unionpay,
  stripe,
  "standard-webhooks": { ...standardWebhooks, calls: incomingOnly },
};

/** The gateway of an account, with its own account type forgotten: the account's `kind` chose it. */
export function gatewayOf(account: Account): Gateway<Account> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript cannot follow that it takes this account.
  return gateways[account.kind] as unknown as Gateway<Account>;
}

/** Whether the gateway documents the word that a notice was read from; somebody should hear of one that it does not. */
export function isDocumented(account: Account, notice: Notice): boolean {
  return gatewayOf(account).isDocumented?.(notice) ?? notice.status !== "unknown";
}

/** One entry of `PROVIDERS_FILE`. */
export const accountSchema = z.discriminatedUnion("kind", [
  hmacAccount,
  mockAccount,
  wechatV3Account,
  wechatV2Account,
  alipayAccount,
  unionpayAccount,
  stripeAccount,
  standardWebhooksAccount,
]);
