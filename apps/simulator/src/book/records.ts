import { z } from "zod";

const maximumFen = 1_000_000;

const time = z.iso.datetime();
const fields = z.record(z.string(), z.string());

/** Where a payment stands at the gateway. An unpaid one past `expiresAt` is expired without a line of its own. */
const standing = z.discriminatedUnion("status", [
  z.object({ status: z.literal("NOTPAY") }),
  z.object({ status: z.literal("PAYERROR") }),
  z.object({ status: z.literal("CLOSED") }),
  z.object({ status: z.literal("SUCCESS"), paid: z.string(), paidAt: time }),
]);

/** How a refund can end: WeChat's ABNORMAL is money that could not be returned, CLOSED and FAIL moved none. */
export const refundEnd = z.enum(["SUCCESS", "ABNORMAL", "CLOSED", "FAIL"]);

const line = z.enum(["payment", "refund"]).default("payment");

/** A difference that somebody wants to find between a day's statement and the merchant's books. */
export const plantedDifference = z.discriminatedUnion("difference", [
  z.strictObject({ difference: z.literal("missing"), of: line }),
  /** One line more, under a number that the merchant does not know. */
  z.strictObject({ difference: z.literal("extra"), of: line }),
  z.strictObject({ difference: z.literal("amount"), of: line, fen: z.int().min(-maximumFen).max(maximumFen) }),
  z.strictObject({ difference: z.literal("status"), of: line }),
]);

export const maximumPlanted = 10;
export const maximumPaidAgain = 10;

const payment = z.object({
  kind: z.literal("payment"),
  provider: z.string(),
  outTradeNo: z.string(),
  transactionId: z.string(),
  /** Yuan text, as every amount here. */
  amount: z.string(),
  currency: z.string(),
  subject: z.string(),
  /** Without one nobody is told. */
  notifyUrl: z.string().optional(),
  expiresAt: time,
  createdAt: time,
  standing,
  /** The vendor's own words, such as UnionPay's `txnTime`; `returnUrl` is where its cashier leads back to. */
  extra: fields.optional(),
  /** How refunds of this payment end, where they are not to succeed. */
  refundsEnd: refundEnd.optional(),
  /** Seconds that its refunds are under way, divided by the speed, where they are to take another time than usual. */
  refundsPendSeconds: z.number().optional(),
  /** What the buyer was charged besides, under the same number. */
  paidAgain: z
    .array(z.object({ transactionId: z.string(), paid: z.string(), paidAt: time }))
    .max(maximumPaidAgain)
    .readonly()
    .optional(),
  planted: z.array(plantedDifference).max(maximumPlanted).readonly().optional(),
});

const refund = z.object({
  kind: z.literal("refund"),
  provider: z.string(),
  outTradeNo: z.string(),
  outRefundNo: z.string(),
  refundId: z.string(),
  /** Of the charge that it gives back; left out, the payment's own. */
  transactionId: z.string().optional(),
  refundAmount: z.string(),
  reason: z.string(),
  /** Without one nobody is told. */
  notifyUrl: z.string().optional(),
  createdAt: time,
  standing: z.discriminatedUnion("status", [
    z.object({ status: z.literal("PROCESSING"), settlesAt: time }),
    z.object({ status: refundEnd, settledAt: time }),
  ]),
  extra: fields.optional(),
});

const answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("answered"), status: z.number(), body: z.string() }),
  z.object({ kind: z.literal("unanswered"), why: z.string() }),
]);

const attempt = z.object({ at: time, sent: z.object({ headers: fields, body: z.string() }), answer });

const common = { transactionId: z.string(), amount: z.string(), currency: z.string(), happenedAt: time };

/**
 * What happened, in no vendor's words. A payment's `status` is one of `PaymentWord`, a refund's one of its standing's
 * words, or whatever word a fault was told to claim.
 */
const facts = z.discriminatedUnion("about", [
  z.object({ about: z.literal("payment"), ...common, status: z.string() }),
  z.object({
    about: z.literal("refund"),
    ...common,
    outRefundNo: z.string(),
    refundId: z.string(),
    refundAmount: z.string(),
    status: z.string(),
  }),
]);

const notice = z.object({
  kind: z.literal("notice"),
  id: z.string(),
  provider: z.string(),
  outTradeNo: z.string(),
  notifyUrl: z.string(),
  /** The event that is told: redeliveries and duplicates share it. */
  eventId: z.string(),
  /** What every delivery says; each one is written anew in the vendor's form, with a signature of its own. */
  facts,
  /** Which of the vendor's events tells them, where it tells one happening by several. */
  event: z.string().optional(),
  /** Which key signs: the account's current one, another that it accepts, or one that it does not. */
  key: z.enum(["current", "other", "foreign"]),
  role: z.enum(["notice", "duplicate", "forgery"]),
  createdAt: time,
  attempts: z.array(attempt).readonly(),
  progress: z.discriminatedUnion("state", [
    z.object({ state: z.literal("pending"), nextAt: time }),
    z.object({ state: z.literal("acknowledged") }),
    z.object({ state: z.literal("abandoned") }),
  ]),
});

/** One line of the journal: a whole record, so that the last line of a key is all there is to know. */
export const bookRecord = z.discriminatedUnion("kind", [payment, refund, notice]);

export type BookRecord = Readonly<z.infer<typeof bookRecord>>;
export type Payment = Readonly<z.infer<typeof payment>>;
export type PlantedDifference = Readonly<z.infer<typeof plantedDifference>>;
export type Refund = Readonly<z.infer<typeof refund>>;
export type Answer = Readonly<z.infer<typeof answer>>;
export type Attempt = Readonly<z.infer<typeof attempt>>;
export type Notice = Readonly<z.infer<typeof notice>>;
export type Facts = Readonly<z.infer<typeof facts>>;
export type PaymentFacts = Extract<Facts, { readonly about: "payment" }>;
export type Extra = Readonly<z.infer<typeof fields>>;

/** The words that `facts.status` has for a payment; a refund's are those of its standing. */
export type PaymentWord = Payment["standing"]["status"] | "USERPAYING" | "EXPIRED";
