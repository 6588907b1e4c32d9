import { z } from "zod";

import type { Gateway } from "./gateway.ts";
import { type HmacAccount, hmacAccount } from "./hmac/account.ts";
import { hmac } from "./hmac/index.ts";
import { type MockAccount, mock, mockAccount } from "./mock/index.ts";

export type AccountByKind = { readonly hmac: HmacAccount; readonly mock: MockAccount };
export type Kind = keyof AccountByKind;
export type Account = AccountByKind[Kind];

/** Adding a gateway is one folder and one line here (and its account beside it); what is missing does not compile. */
export const gateways: { readonly [K in Kind]: Gateway<AccountByKind[K]> } = { hmac, mock };

/** The gateway of an account, with its own account type forgotten: the account's `kind` chose it. */
export function gatewayOf(account: Account): Gateway<Account> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript cannot follow that it takes this account.
  return gateways[account.kind] as unknown as Gateway<Account>;
}

/** One entry of `PROVIDERS_FILE`. */
export const accountSchema = z.discriminatedUnion("kind", [hmacAccount, mockAccount]);
