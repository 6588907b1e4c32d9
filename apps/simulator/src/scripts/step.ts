import { z } from "zod";

import { plantedDifference, refundEnd } from "../book/records.ts";
import { callName, canMisbehave, misbehaviour } from "../calls/misbehaviour.ts";
import { idText } from "../fields.ts";
import { maximumDuplicates, statusWord } from "../play/instruction.ts";

const maximumSeconds = 86_400;
const maximumTimes = 100;

const seconds = z.number().min(0).max(maximumSeconds);

/**
 * What a step waits for: seconds of the gateway (divided by the speed), the payment's deadline, the merchant's closing
 * of it, or its opening.
 */
const after = z
  .union([seconds, z.enum(["expiry", "close", "open"])], {
    error: `must be 0–${maximumSeconds} seconds, "expiry", "close" or "open"`,
  })
  .optional();

/** Yuan text, or the amount due with a sum added, taken off, or wrongly converted. */
const amount = z
  .string()
  .regex(
    /^(?:\d{1,9}\.\d{2}|due(?:[+-]\d{1,9}\.\d{2}|[*/]100?)?)$/,
    'must be yuan text, or such as "due-0.01", "due*100", "due/100"',
  );

const name = z.string().regex(/^[a-z0-9-]{1,32}$/, "must be 1–32 of a-z 0-9 -");

const playStep = z.strictObject({
  do: z.enum(["pay", "fail", "close", "notify"]),
  after,
  amount: amount.optional(),
  status: statusWord.optional(),
  key: z.enum(["current", "other", "foreign"]).optional(),
  duplicates: z.int().min(0).max(maximumDuplicates).optional(),
  order: z.enum(["normal", "reversed"]).optional(),
  late: z.boolean().optional(),
  transactionId: idText.optional(),
  /** Nobody is told: only a query learns of it. */
  drop: z.boolean().optional(),
  /** Told by a later `send` that names it. */
  hold: name.optional(),
});

const answerStep = z
  .strictObject({
    do: z.literal("answer"),
    after,
    call: callName,
    with: misbehaviour,
    times: z.int().min(1).max(maximumTimes).optional(),
  })
  .refine(({ call, with: how }) => canMisbehave(call, how), {
    path: ["with"],
    error: "this call cannot be answered so",
  });

/** What a script can do, one thing at a time, with every choice made. */
export const stepSchema = z.discriminatedUnion("do", [
  playStep,
  z.strictObject({ do: z.literal("send"), after, held: name }),
  answerStep,
  z.strictObject({ do: z.literal("refunds"), after, end: refundEnd.optional(), pendingSeconds: seconds.optional() }),
  z.strictObject({ do: z.literal("plant"), after, statement: plantedDifference }),
  z.strictObject({ do: z.literal("wait"), after: after.unwrap() }),
]);

export type Step = Readonly<z.infer<typeof stepSchema>>;
export type PlayStep = Readonly<z.infer<typeof playStep>>;
export type Wait = NonNullable<Step["after"]>;
