import type { KeysOf } from "../../keys/gateway-keys.ts";
import type { AccountOf, House, Office } from "../vendor.ts";

export type WechatAccount = AccountOf<"wechat-v3">;
export type WechatKeys = KeysOf<"wechat-v3">;
export type WechatOffice = Office<WechatAccount, WechatKeys>;
export type WechatHouse = House<WechatAccount, WechatKeys>;
export type PlatformKey = WechatKeys["platformKeys"][number];
