import type { Vendor } from "../vendor.ts";
import { isOwnKey } from "./authorization.ts";
import { eventsOf } from "./events.ts";
import type { StripeAccount } from "./house.ts";
import { newId } from "./ids.ts";
import { ladderSeconds } from "./ladder.ts";
import { isAcknowledged, writeNotice } from "./notice.ts";
import { routes } from "./routes.ts";

/** Stripe's side of Checkout, payment intents, refunds and the balance (docs.stripe.com/api), as one account sees it. */
export const stripe: Vendor<StripeAccount, undefined> = {
  routes,
  writeNotice,
  eventsOf,
  isAcknowledged,
  ladderSeconds,
  numbers: { transactionId: () => newId("pi"), refundId: () => newId("re") },
  look: "stripe",
  isMeantAtRoot: isOwnKey,
};
