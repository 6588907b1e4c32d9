import type { Payment } from "../../../book/records.ts";
import type { Status } from "../../../book/standing.ts";
import type { StripeOffice } from "../house.ts";
import { type Metadata, minorOf } from "../parameters.ts";
import { readWords } from "../words.ts";
import { chargeIdOf } from "./charge.ts";
import { type StripeObject, secondsOf } from "./object.ts";

export type Intent = StripeObject & {
  readonly id: string;
  readonly created: number;
  readonly status: string;
  readonly metadata: Metadata;
};

const statuses: Readonly<Record<Status, string>> = {
  NOTPAY: "requires_payment_method",
  PAYERROR: "requires_payment_method",
  SUCCESS: "succeeded",
  CLOSED: "canceled",
  EXPIRED: "canceled",
};

const declined = {
  type: "card_error",
  code: "card_declined",
  decline_code: "generic_decline",
  doc_url: "https://stripe.com/docs/error-codes/card-declined",
  message: "Your card was declined.",
};

/** Of a session there is an intent as soon as the buyer has tried to pay. */
export function hasIntent(payment: Payment): boolean {
  if (readWords(payment).session === undefined) return true;
  return payment.standing.status === "SUCCESS" || payment.standing.status === "PAYERROR";
}

/** docs.stripe.com/api/payment_intents/object. `amount` is what is due, `amount_received` what was paid. */
export function intentOf(
  { account }: Pick<StripeOffice, "account">,
  payment: Payment,
  { status, word = statuses[status] }: { readonly status: Status; readonly word?: string },
): Intent {
  const { standing, currency, transactionId } = payment;
  const isCancelled = word === "canceled";
  return {
    id: transactionId,
    object: "payment_intent",
    amount: minorOf(payment.amount, currency),
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: standing.status === "SUCCESS" ? minorOf(standing.paid, currency) : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: isCancelled ? "requested_by_customer" : null,
    capture_method: "automatic_async",
    client_secret: `${transactionId}_secret_simulated`,
    confirmation_method: "automatic",
    created: secondsOf(payment.createdAt),
    currency: currency.toLowerCase(),
    customer: null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: standing.status === "PAYERROR" ? declined : null,
    latest_charge: standing.status === "SUCCESS" ? chargeIdOf(payment) : null,
    livemode: account.livemode,
    metadata: readWords(payment).intentMetadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: word,
    transfer_data: null,
    transfer_group: null,
  };
}
