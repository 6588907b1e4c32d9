import type { Payment } from "../../../book/records.ts";
import { type Status, amountOf } from "../../../book/standing.ts";
import type { StripeOffice } from "../house.ts";
import { minorOf } from "../parameters.ts";
import { readWords } from "../words.ts";
import { type StripeObject, secondsOf } from "./object.ts";

export type Session = StripeObject & { readonly id: string; readonly created: number; readonly status: SessionStatus };
type SessionStatus = "open" | "complete" | "expired";

const statuses: Readonly<Record<Status, SessionStatus>> = {
  NOTPAY: "open",
  PAYERROR: "open",
  SUCCESS: "complete",
  CLOSED: "expired",
  EXPIRED: "expired",
};

export function sessionStatusOf(status: Status): SessionStatus {
  return statuses[status];
}

/** docs.stripe.com/api/checkout/sessions/object, in mode `payment`. Only an open one has an address. */
export function sessionOf(
  { account }: Pick<StripeOffice, "account">,
  payment: Payment,
  { status, url }: { readonly status: Status; readonly url: string },
): Session {
  const words = readWords(payment);
  const amount = minorOf(amountOf(payment), payment.currency);
  const sessionStatus = statuses[status];
  return {
    id: words.session ?? "",
    object: "checkout.session",
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: words.cancelUrl ?? null,
    client_reference_id: words.clientReferenceId ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: secondsOf(payment.createdAt),
    currency: payment.currency.toLowerCase(),
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: null,
    customer_account: null,
    customer_creation: "if_required",
    customer_details: null,
    customer_email: null,
    discounts: [],
    expires_at: secondsOf(payment.expiresAt),
    invoice: null,
    invoice_creation: null,
    livemode: account.livemode,
    locale: null,
    metadata: words.metadata,
    mode: "payment",
    origin_context: null,
    // Stripe makes the intent when the buyer pays, not before.
    payment_intent: status === "SUCCESS" ? payment.transactionId : null,
    payment_link: null,
    payment_method_collection: "if_required",
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ["card"],
    payment_status: status === "SUCCESS" ? "paid" : "unpaid",
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: sessionStatus,
    submit_type: null,
    subscription: null,
    success_url: words.returnUrl ?? null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: sessionStatus === "open" ? url : null,
    wallet_options: null,
  };
}
