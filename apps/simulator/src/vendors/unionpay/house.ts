import type { AccountOf, House, Office } from "../vendor.ts";
import type { KeysOf } from "../../keys/gateway-keys.ts";

export type UnionpayAccount = AccountOf<"unionpay">;
export type UnionpayKeys = KeysOf<"unionpay">;
export type UnionpayOffice = Office<UnionpayAccount, UnionpayKeys>;
export type UnionpayHouse = House<UnionpayAccount, UnionpayKeys>;
