import type { Decimal } from "@zhanggui/domain";

import type { Folder } from "../../../book/folders.ts";
import { statusOf } from "../../../book/standing.ts";
import { closePayment } from "../../../desk/close-payment.ts";
import { openPayment } from "../../../desk/open-payment.ts";
import type { StripeHouse } from "../house.ts";
import { newSessionId } from "../ids.ts";
import { listOf } from "../lists.ts";
import { intentOf } from "../objects/intent.ts";
import { type Session, sessionOf, sessionStatusOf } from "../objects/session.ts";
import {
  type Parameters,
  amountOf,
  currencyUnder,
  integer,
  isExpanded,
  metadataUnder,
  required,
} from "../parameters.ts";
import { ParameterRefusal, type Refusal, noSuch, unexpectedState } from "../refusal.ts";
import { readWords, writeWords } from "../words.ts";
import { bookNumberOf, findFolder, listedFolders } from "../folders.ts";
import { tellClosed } from "../tell.ts";
import type { Call, Called } from "./call.ts";

const maximumItems = 100;
const shortestLifeSeconds = 30 * 60;
const longestLifeSeconds = 24 * 60 * 60;
/** The call took its time on the way. */
const graceSeconds = 60;
const longestSubject = 256;

/** `POST /v1/checkout/sessions`, of mode `payment` and with prices of its own. Every session is a new one. */
export const createSession: Call = (house, { parameters, request }) => {
  if (required(parameters, "mode") !== "payment") {
    throw new ParameterRefusal("mode", "The simulated Stripe has sessions of mode payment only.");
  }
  const id = newSessionId(house.account.livemode);
  const { amount, currency, subject } = basketOf(parameters);
  const metadata = metadataUnder(parameters);
  const { payment } = openPayment(house, {
    outTradeNo: bookNumberOf(house, { metadata, otherwise: id }),
    amount,
    currency,
    subject,
    notifyUrl: house.endpointUrl,
    expiresAt: deadlineOf(house, parameters),
    extra: writeWords({
      session: id,
      returnUrl: required(parameters, "success_url").replaceAll("{CHECKOUT_SESSION_ID}", id),
      cancelUrl: parameters.get("cancel_url"),
      clientReferenceId: parameters.get("client_reference_id"),
      metadata,
      intentMetadata: metadataUnder(parameters, "payment_intent_data[metadata]"),
    }),
  });
  return sessionOf(house, payment, { status: "NOTPAY", url: house.cashierUrl(request, payment.outTradeNo) });
};

export const readSession: Call = (house, called) => {
  const folder = sessionFolder(house, called.id);
  const session = sessionIn(house, folder, called);
  const isIntentWanted = isExpanded(called.parameters, "payment_intent") && session["payment_intent"] !== null;
  if (!isIntentWanted) return session;
  return { ...session, payment_intent: intentOf(house, folder.payment, { status: folder.payment.standing.status }) };
};

export const listSessions: Call = (house, called) => {
  const { parameters } = called;
  const [status, intent] = [parameters.get("status"), parameters.get("payment_intent")];
  const sessions = listedFolders(house)
    .filter(({ payment }) => readWords(payment).session !== undefined)
    .map((folder) => sessionIn(house, folder, called))
    .filter((session) => status === undefined || session.status === status)
    .filter((session) => intent === undefined || session["payment_intent"] === intent);
  return listOf("/v1/checkout/sessions", parameters, sessions);
};

/** `POST …/expire`: of an open session only. Stripe tells of it as of any other that expires. */
export const expireSession: Call = (house, called) => {
  const { payment } = sessionFolder(house, called.id);
  const status = sessionStatusOf(statusOf(payment, house.now()));
  if (status !== "open") throw notOpen(status);
  const closing = closePayment(house, payment.outTradeNo);
  if (closing.kind === "not_found") throw noSuch("checkout.session", called.id);
  if (closing.kind !== "closed") throw notOpen(sessionStatusOf(closing.payment.standing.status));
  tellClosed(house, closing.payment);
  return sessionOf(house, closing.payment, { status: "CLOSED", url: "" });
};

function notOpen(status: string): Refusal {
  return unexpectedState(
    `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
  );
}

function sessionFolder(house: StripeHouse, id: string): Folder {
  const folder = findFolder(house, (payment) => readWords(payment).session === id);
  if (folder === undefined) throw noSuch("checkout.session", id);
  return folder;
}

function sessionIn(house: StripeHouse, { payment }: Folder, { request }: Called): Session {
  const status = statusOf(payment, house.now());
  return sessionOf(house, payment, { status, url: house.cashierUrl(request, payment.outTradeNo) });
}

type Basket = { readonly amount: Decimal; readonly currency: string; readonly subject: string };

/** The items of the form, of one currency; the first names the payment. */
function basketOf(parameters: Parameters): Basket {
  const currency = currencyUnder(parameters, "line_items[0][price_data][currency]");
  const subject = required(parameters, "line_items[0][price_data][product_data][name]").slice(0, longestSubject);
  let minor = 0;
  for (let index = 0; index < maximumItems && hasItem(parameters, index); index += 1) {
    const item = `line_items[${index}]`;
    if (currencyUnder(parameters, `${item}[price_data][currency]`) !== currency) {
      throw new ParameterRefusal(item, "All line items must have the same currency.");
    }
    required(parameters, `${item}[price_data][unit_amount]`);
    required(parameters, `${item}[quantity]`);
    const [price = 0, quantity = 0] = [
      integer(parameters, `${item}[price_data][unit_amount]`),
      integer(parameters, `${item}[quantity]`),
    ];
    if (price < 0 || quantity < 1) throw new ParameterRefusal(item, "Invalid positive integer.");
    minor += price * quantity;
  }
  return { amount: amountOf(minor, currency, "line_items"), currency, subject };
}

function hasItem(parameters: Parameters, index: number): boolean {
  return [...parameters.keys()].some((name) => name.startsWith(`line_items[${index}]`));
}

/** `expires_at` may be half an hour to a day from now, which it is where none is given. */
function deadlineOf({ now }: StripeHouse, parameters: Parameters): Date {
  const nowSeconds = Math.floor(now().getTime() / 1000);
  const asked = integer(parameters, "expires_at") ?? nowSeconds + longestLifeSeconds;
  const life = asked - nowSeconds;
  if (life < shortestLifeSeconds - graceSeconds || life > longestLifeSeconds + graceSeconds) {
    throw new ParameterRefusal(
      "expires_at",
      "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.",
    );
  }
  return new Date(asked * 1000);
}
