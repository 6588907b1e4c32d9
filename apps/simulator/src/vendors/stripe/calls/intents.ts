import { eachTransaction } from "../../../book/charges.ts";
import type { Folder } from "../../../book/folders.ts";
import { statusOf } from "../../../book/standing.ts";
import { closePayment } from "../../../desk/close-payment.ts";
import { openPayment } from "../../../desk/open-payment.ts";
import { bookNumberOf, findFolder, listedFolders } from "../folders.ts";
import type { StripeHouse } from "../house.ts";
import { newId } from "../ids.ts";
import { limitOf, listOf } from "../lists.ts";
import { chargeOf, takenFrom } from "../objects/charge.ts";
import { type Intent, hasIntent, intentOf } from "../objects/intent.ts";
import { type Metadata, amountOf, currencyUnder, integer, isExpanded, metadataUnder, required } from "../parameters.ts";
import { noSuch, unexpectedState } from "../refusal.ts";
import { matcherOf } from "../search.ts";
import { tellClosed } from "../tell.ts";
import { readWords, writeWords } from "../words.ts";
import type { Call } from "./call.ts";

/** An intent without a session has no end; the book wants one. */
const lifeMs = 365 * 24 * 60 * 60 * 1000;

/** `POST /v1/payment_intents`. It is paid by the control or at its cashier, in the place of Stripe.js. */
export const createIntent: Call = (house, { parameters }) => {
  required(parameters, "amount");
  const currency = currencyUnder(parameters, "currency");
  const metadata = metadataUnder(parameters);
  const { payment } = openPayment(house, {
    outTradeNo: bookNumberOf(house, { metadata, otherwise: newId("pi") }),
    amount: amountOf(integer(parameters, "amount") ?? 0, currency, "amount"),
    currency,
    subject: parameters.get("description") ?? "Payment",
    notifyUrl: house.endpointUrl,
    expiresAt: new Date(house.now().getTime() + lifeMs),
    extra: writeWords({ metadata: {}, intentMetadata: metadata }),
  });
  return intentOf(house, payment, { status: "NOTPAY" });
};

export const readIntent: Call = (house, { id, parameters }) => {
  const folder = intentFolder(house, id);
  const intent = intentIn(house, folder);
  if (!isExpanded(parameters, "latest_charge")) return intent;
  return { ...intent, latest_charge: chargeOf(house, folder.payment, takenFrom(folder.refunds.values())) ?? null };
};

export const listIntents: Call = (house, { parameters }) => listOf("/v1/payment_intents", parameters, intentsOf(house));

/** `GET /v1/payment_intents/search`. Stripe's index may be a minute behind; this one never is. */
export const searchIntents: Call = (house, { parameters }) => {
  const isWanted = matcherOf(required(parameters, "query"));
  const limit = limitOf(parameters);
  const found = intentsOf(house).filter((intent) => isWanted(searchable(intent)));
  return {
    object: "search_result",
    url: "/v1/payment_intents/search",
    has_more: found.length > limit,
    next_page: null,
    data: found.slice(0, limit),
  };
};

/** Of a session's intent Stripe refuses it: the session is what expires. */
export const cancelIntent: Call = (house, { id }) => {
  const { payment } = intentFolder(house, id);
  if (readWords(payment).session !== undefined) {
    throw unexpectedState(
      "You cannot cancel a PaymentIntent that was created by a Checkout Session: expire the session instead.",
      "payment_intent_unexpected_state",
    );
  }
  const closing = closePayment(house, payment.outTradeNo);
  if (closing.kind !== "closed") {
    const { status } = intentOf(house, payment, { status: payment.standing.status });
    throw unexpectedState(
      `You cannot cancel this PaymentIntent because it has a status of ${status}.`,
      "payment_intent_unexpected_state",
    );
  }
  tellClosed(house, closing.payment);
  return intentOf(house, closing.payment, { status: "CLOSED" });
};

function intentFolder(house: StripeHouse, id: string): Folder {
  const folder = findFolder(house, (payment) => payment.transactionId === id && hasIntent(payment));
  if (folder === undefined) throw noSuch("payment_intent", id);
  return folder;
}

function intentsOf(house: StripeHouse): readonly Intent[] {
  return listedFolders(house)
    .flatMap(eachTransaction)
    .filter(({ payment }) => hasIntent(payment))
    .map((folder) => intentIn(house, folder));
}

function intentIn(house: StripeHouse, { payment }: Folder): Intent {
  return intentOf(house, payment, { status: statusOf(payment, house.now()) });
}

function searchable(intent: Intent): { readonly metadata: Metadata; readonly status: string } {
  return { metadata: intent.metadata, status: intent.status };
}
