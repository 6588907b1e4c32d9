import { type Decimal, fromMinor } from "@zhanggui/domain";
import { z } from "zod";

import { readBeijingText } from "./beijing-time.ts";

/** 8 to 40 letters and digits, neither `-` nor `_` (产品接口规范, orderId). */
export const orderId = z.string().regex(/^[0-9A-Za-z]{8,40}$/, "must be 8–40 letters and digits");

/** `yyyyMMddHHmmss` of Beijing, kept as the text that it is: it is part of an order's name. */
export const beijingTime = z
  .string()
  .refine((text) => readBeijingText(text) !== undefined, "must be yyyyMMddHHmmss of Beijing");

/** Fen above zero, read as yuan. */
export const fenAmount = z
  .string()
  .regex(/^\d{1,12}$/, "must be up to 12 digits")
  .transform((text): Decimal => fromMinor(Number(text)))
  .refine((amount) => amount.greaterThan(0), "must be above zero");

export const webAddress = z.url({ protocol: /^https?$/ });
