import { formatAmount } from "@zhanggui/domain";
import { z } from "zod";

import { refundEnd } from "../book/records.ts";
import { amount, idText } from "../fields.ts";

export const maximumDuplicates = 50;

/** Stands for a number that the gateway makes: the buyer is charged once more, although the payment may be paid. */
export const another = "another";

export const statusWord = z.string().regex(/^[A-Za-z_]{1,32}$/, "must be 1–32 letters");

/**
 * What a person or a script has the gateway do with a payment.
 *
 * `pay`, `fail` and `close` change the payment and tell of it; `notify` only tells. A forgery moves no money: whatever
 * it claims, nothing is changed and the signature is wrong.
 */
export const instructionSchema = z.strictObject({
  do: z.enum(["pay", "fail", "close", "notify"]),
  /** What the buyer pays, or the notice claims, instead of the amount due. */
  amount: amount.transform(formatAmount).optional(),
  /** The notice's status word instead of the true one. */
  status: statusWord.optional(),
  /** Copies sent at the same moment, each with its own timestamp, nonce and signature. */
  duplicates: z.int().min(0).max(maximumDuplicates).default(0),
  /** Lets the buyer pay after the deadline or after the close. */
  late: z.boolean().default(false),
  forge: z.boolean().default(false),
  /** Signs with another key that the account accepts, where it has one: a rotation of keys. */
  otherKey: z.boolean().default(false),
  /** Also sends the earlier `USERPAYING`: before the notice, or, reversed, after it. */
  order: z.enum(["normal", "reversed"]).optional(),
  /** Instead of the gateway's own; `another` lets a payment be paid again, under another transaction. */
  transactionId: idText.optional(),
});

export type Instruction = Readonly<z.infer<typeof instructionSchema>>;

/** How refunds of a payment end from now on. */
export const refundsInstructionSchema = z.strictObject({ end: refundEnd });
