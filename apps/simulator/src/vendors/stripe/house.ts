import type { AccountOf, House, Office } from "../vendor.ts";

export type StripeAccount = AccountOf<"stripe">;
export type StripeOffice = Office<StripeAccount, undefined>;
export type StripeHouse = House<StripeAccount, undefined>;
