import type { Account } from "@zhanggui/gateways";

import type { KeysOf } from "../keys/gateway-keys.ts";
import { hmac } from "./hmac/index.ts";
import type { AccountOf, Vendor } from "./vendor.ts";

/** The gateways that can be played. One line for each kind; a vendor of another account or other keys does not compile. */
export const vendors: { readonly [Kind in Account["kind"]]?: Vendor<AccountOf<Kind>, KeysOf<Kind>> } = {
  hmac,
  mock: hmac,
};
