import type { Payment, Refund } from "../../../book/records.ts";
import type { StripeOffice } from "../house.ts";
import { idOf } from "../ids.ts";
import { minorOf } from "../parameters.ts";
import { readWords } from "../words.ts";
import { type StripeObject, secondsOf } from "./object.ts";

export type Charge = StripeObject & { readonly id: string; readonly created: number; readonly amount: number };

export function chargeIdOf({ transactionId }: Pick<Payment, "transactionId">): string {
  return idOf("ch", transactionId);
}

export function chargeTransactionIdOf({ transactionId }: Pick<Payment, "transactionId">): string {
  return idOf("txn", transactionId);
}

/** docs.stripe.com/api/charges/object, of a payment that was paid; `undefined` of another. It has the intent's metadata. */
export function chargeOf(
  { account }: Pick<StripeOffice, "account">,
  payment: Payment,
  refunds: readonly Refund[],
): Charge | undefined {
  const { standing, currency, transactionId } = payment;
  if (standing.status !== "SUCCESS") return undefined;
  const amount = minorOf(standing.paid, currency);
  const returned = refunds.reduce((sum, { refundAmount }) => sum + minorOf(refundAmount, currency), 0);
  return {
    id: chargeIdOf(payment),
    object: "charge",
    amount,
    amount_captured: amount,
    amount_refunded: returned,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: chargeTransactionIdOf(payment),
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "ZHANGGUI",
    captured: true,
    created: secondsOf(standing.paidAt),
    currency: currency.toLowerCase(),
    customer: null,
    description: payment.subject,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: account.livemode,
    metadata: readWords(payment).intentMetadata,
    on_behalf_of: null,
    outcome: { network_status: "approved_by_network", reason: null, risk_level: "normal", type: "authorized" },
    paid: true,
    payment_intent: transactionId,
    payment_method: idOf("pm", transactionId),
    payment_method_details: { type: "card", card: { brand: "visa", country: "US", funding: "credit", last4: "4242" } },
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: returned >= amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
}

/** Those whose money has gone, or is going, back. */
export function takenFrom(refunds: Iterable<Refund>): readonly Refund[] {
  return [...refunds].filter(({ standing: { status } }) => status === "SUCCESS" || status === "PROCESSING");
}
