import { z } from "zod";

const time = z.iso.datetime();
const fields = z.record(z.string(), z.string());

/** Where a payment stands at the gateway. An unpaid one past `expiresAt` is expired without a line of its own. */
const standing = z.discriminatedUnion("status", [
  z.object({ status: z.literal("NOTPAY") }),
  z.object({ status: z.literal("PAYERROR") }),
  z.object({ status: z.literal("CLOSED") }),
  z.object({ status: z.literal("SUCCESS"), paid: z.string(), paidAt: time }),
]);

const payment = z.object({
  kind: z.literal("payment"),
  provider: z.string(),
  outTradeNo: z.string(),
  transactionId: z.string(),
  amount: z.string(),
  currency: z.string(),
  subject: z.string(),
  notifyUrl: z.string(),
  expiresAt: time,
  createdAt: time,
  standing,
});

const refund = z.object({
  kind: z.literal("refund"),
  provider: z.string(),
  outTradeNo: z.string(),
  outRefundNo: z.string(),
  refundId: z.string(),
  refundAmount: z.string(),
  reason: z.string(),
  notifyUrl: z.string(),
  createdAt: time,
  standing: z.discriminatedUnion("status", [
    z.object({ status: z.literal("PROCESSING"), settlesAt: time }),
    z.object({ status: z.literal("SUCCESS"), settledAt: time }),
  ]),
});

const answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("answered"), status: z.number(), body: z.string() }),
  z.object({ kind: z.literal("unanswered"), why: z.string() }),
]);

const attempt = z.object({ at: time, sent: fields, answer });

const notice = z.object({
  kind: z.literal("notice"),
  id: z.string(),
  provider: z.string(),
  outTradeNo: z.string(),
  notifyUrl: z.string(),
  /** What every delivery says; each one adds a timestamp, a nonce and a signature of its own. */
  facts: fields,
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
export type Refund = Readonly<z.infer<typeof refund>>;
export type Answer = Readonly<z.infer<typeof answer>>;
export type Attempt = Readonly<z.infer<typeof attempt>>;
export type Notice = Readonly<z.infer<typeof notice>>;
