import { type Decimal, parseAmount } from "@zhanggui/domain";
import { z } from "zod";

/** Ids that a payment carries in the `hmac` scheme. */
export const idText = z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1–64 printable characters");

/** Yuan text above zero, read as an amount. */
export const amount = z.string().transform((text, context): Decimal => {
  const read = parseAmount(text);
  if (read?.greaterThan(0)) return read;
  context.addIssue({ code: "custom", message: "must be yuan text above zero, such as 39.80" });
  return z.NEVER;
});
