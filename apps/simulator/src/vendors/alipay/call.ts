import { z } from "zod";

import { amount } from "../../fields.ts";
import type { Answer } from "./answer.ts";
import type { AlipayHouse } from "./house.ts";
import type { Asked } from "./read-request.ts";

/** A browser that a page call brought is led on; everything else is answered. */
export type CallAnswer = Answer | { readonly location: string };

/** One of Alipay's methods: the `biz_content` it takes, and what it answers. */
export type Call<Input> = {
  readonly input: z.ZodType<Input>;
  readonly answer: (house: AlipayHouse, input: Input, asked: Asked) => CallAnswer;
};

/** Yuan above zero, as text or, since `biz_content` is JSON, as a number. */
export const yuan = z.union([z.string(), z.number().transform(String)]).pipe(amount);
