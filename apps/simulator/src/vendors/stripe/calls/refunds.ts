import type { Folder } from "../../../book/folders.ts";
import type { Payment } from "../../../book/records.ts";
import { type RefundRefusal, takeRefund } from "../../../desk/take-refund.ts";
import { noteLookup } from "../../../calls/note-call.ts";
import { findFolder, intentFoldersOf, refundNumberOf } from "../folders.ts";
import type { StripeHouse } from "../house.ts";
import { newId } from "../ids.ts";
import { listOf } from "../lists.ts";
import { type Charge, chargeIdOf, chargeOf, takenFrom } from "../objects/charge.ts";
import { hasIntent } from "../objects/intent.ts";
import { refundOf } from "../objects/refund.ts";
import { type Parameters, amountOf, integer, metadataUnder } from "../parameters.ts";
import { ParameterRefusal, type Refusal, missing, noSuch, unexpectedState } from "../refusal.ts";
import { tellPending } from "../tell.ts";
import { pendingWord } from "../words.ts";
import type { Call } from "./call.ts";

const reasons: ReadonlySet<string> = new Set(["duplicate", "fraudulent", "requested_by_customer"]);

/**
 * `POST /v1/refunds` of an intent or a charge; without an amount, of all that is left. A card's refund has succeeded when
 * it is answered; one that the control lets fail is pending first, and its end is told.
 */
export const createRefund: Call = (house, { parameters }) => {
  const reason = parameters.get("reason") ?? "";
  if (reason !== "" && !reasons.has(reason)) throw new ParameterRefusal("reason", `Invalid reason: ${reason}`);
  const { payment, refunds } = paidFolder(house, parameters);
  const charge = chargeOf(house, payment, takenFrom(refunds.values()));
  if (charge === undefined) {
    throw unexpectedState(
      `This PaymentIntent (${payment.transactionId}) does not have a successful charge to refund.`,
      "payment_intent_unexpected_state",
    );
  }
  if (charge["refunded"] === true) throw alreadyRefunded(charge);

  const left = charge.amount - Number(charge["amount_refunded"]);
  const metadata = metadataUnder(parameters);
  const isPending = (payment.refundsEnd ?? "SUCCESS") !== "SUCCESS" || payment.refundsPendSeconds !== undefined;
  const taking = takeRefund(house, {
    outTradeNo: payment.outTradeNo,
    of: { transactionId: payment.transactionId },
    outRefundNo: refundNumberOf(house, { metadata, otherwise: newId("re") }),
    refundAmount: amountOf(integer(parameters, "amount") ?? left, payment.currency, "amount"),
    reason,
    notifyUrl: house.endpointUrl,
    settling: isPending ? "later" : "at_once",
    extra: { metadata: JSON.stringify(metadata), ...(isPending ? { [pendingWord]: "yes" } : {}) },
  });
  if (taking.kind === "refused") throw refusalOf(taking.why, charge, left);
  if (taking.kind === "not_found") throw noSuch("payment_intent", payment.transactionId, "payment_intent");
  if (taking.kind !== "taken") throw new Error("a new refund of a known payment was not taken");
  if (isPending) tellPending(house, payment, taking.refund);
  return refundOf(payment, taking.refund);
};

export const readRefund: Call = (house, { id }) => {
  for (const { payment, refunds } of intentFoldersOf(house)) {
    const refund = [...refunds.values()].find(({ refundId }) => refundId === id);
    if (refund !== undefined && !noteLookup(payment, "refund_query")) return refundOf(payment, refund);
  }
  throw noSuch("refund", id);
};

export const listRefunds: Call = (house, { parameters }) => {
  const isNarrowed = parameters.has("payment_intent") || parameters.has("charge");
  const folders = isNarrowed ? [paidFolder(house, parameters)] : intentFoldersOf(house);
  const known = folders.filter(({ payment }) => !isNarrowed || !noteLookup(payment, "refund_query"));
  const refunds = known.flatMap(({ payment, refunds: own }) =>
    [...own.values()].map((refund) => refundOf(payment, refund)),
  );
  return listOf("/v1/refunds", parameters, refunds);
};

export const readCharge: Call = (house, { id }) => {
  const folder = findFolder(house, (payment) => chargeIdOf(payment) === id);
  const charge = folder && chargeOf(house, folder.payment, takenFrom(folder.refunds.values()));
  if (charge === undefined) throw noSuch("charge", id);
  return charge;
};

/** The payment whose intent or charge is named. */
function paidFolder(house: StripeHouse, parameters: Parameters): Folder {
  const [intent, charge] = [parameters.get("payment_intent"), parameters.get("charge")];
  if (intent !== undefined) {
    return named(house, { what: "payment_intent", id: intent }, (payment) => payment.transactionId === intent);
  }
  if (charge === undefined) throw missing("payment_intent");
  return named(house, { what: "charge", id: charge }, (payment) => chargeIdOf(payment) === charge);
}

function named(
  house: StripeHouse,
  { what, id }: { readonly what: string; readonly id: string },
  isWanted: (payment: Payment) => boolean,
): Folder {
  const folder = findFolder(house, (payment) => isWanted(payment) && hasIntent(payment));
  if (folder === undefined) throw noSuch(what, id, what);
  return folder;
}

function refusalOf(why: RefundRefusal, charge: Charge, left: number): Refusal {
  if (why === "too_many") return unexpectedState("The charge has too many refunds.", "charge_not_refundable");
  return unexpectedState(`Refund amount is greater than unrefunded amount on charge ${charge.id} (${left}).`);
}

function alreadyRefunded({ id }: Charge): Refusal {
  return unexpectedState(`Charge ${id} has already been refunded.`, "charge_already_refunded");
}
