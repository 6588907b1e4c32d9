import type { AccountOf, House, Office } from "../vendor.ts";

export type HmacAccount = AccountOf<"hmac" | "mock">;
export type HmacOffice = Office<HmacAccount, undefined>;
export type HmacHouse = House<HmacAccount, undefined>;
