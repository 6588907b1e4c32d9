import type { KeysOf } from "../../keys/gateway-keys.ts";
import type { AccountOf, House, Office } from "../vendor.ts";

export type AlipayAccount = AccountOf<"alipay">;
export type AlipayOffice = Office<AlipayAccount, KeysOf<"alipay">>;
export type AlipayHouse = House<AlipayAccount, KeysOf<"alipay">>;

/** The gateway's own address, as this request reached it. */
export function gatewayUrl(request: Request): string {
  const { origin, pathname } = new URL(request.url);
  return `${origin}${pathname.replace(/\/(?:gateway\.do)?$/, "")}`;
}
