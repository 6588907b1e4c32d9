import { byTransaction } from "../../book/charges.ts";
import type { Folder } from "../../book/folders.ts";
import type { Notice, Refund } from "../../book/records.ts";
import { apiVersion } from "./api-version.ts";
import { statedBy } from "./events.ts";
import type { StripeOffice } from "./house.ts";
import { idOf } from "./ids.ts";
import { chargeOf, takenFrom } from "./objects/charge.ts";
import { intentOf } from "./objects/intent.ts";
import { type StripeObject, secondsOf } from "./objects/object.ts";
import { refundOf } from "./objects/refund.ts";
import { sessionOf } from "./objects/session.ts";

export type Event = StripeObject & { readonly id: string; readonly created: number; readonly type: string };

/** docs.stripe.com/api/events/object: the same id and the same facts for every delivery of one event. */
export function eventOf(office: StripeOffice, notice: Notice): Event {
  const type = notice.event ?? "unknown";
  return {
    id: idOf("evt", notice.eventId, type),
    object: "event",
    api_version: apiVersion,
    created: secondsOf(notice.facts.happenedAt),
    data: { object: objectOf(office, notice, type) },
    livemode: office.account.livemode,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

function objectOf(office: StripeOffice, { outTradeNo, facts }: Notice, type: string): StripeObject {
  const known = office.book.find(office.provider, outTradeNo);
  if (known === undefined) return {};
  const folder = byTransaction(known, facts.transactionId) ?? known;
  const { payment } = folder;
  if (facts.about === "payment") {
    const stated = statedBy(payment, facts);
    const { status } = stated.standing;
    if (type.startsWith("checkout.session.")) return sessionOf(office, stated, { status, url: "" });
    return intentOf(office, stated, { status, ...wordOf(type) });
  }
  const refund = folder.refunds.get(facts.outRefundNo);
  if (refund === undefined) return {};
  if (type === "charge.refunded") return chargeOf(office, payment, takenUpTo(folder, refund)) ?? {};
  return refundOf(payment, refund, facts.status);
}

/** An event of its type is sent while the intent stands so. */
function wordOf(type: string): { readonly word?: string } {
  const [, word] = /^payment_intent\.(processing|requires_action)$/.exec(type) ?? [];
  return word === undefined ? {} : { word };
}

/** The charge as it was when this refund was made. */
function takenUpTo({ refunds }: Folder, last: Refund): readonly Refund[] {
  const until = Date.parse(last.createdAt);
  return takenFrom(refunds.values()).filter(({ createdAt }) => Date.parse(createdAt) <= until);
}
