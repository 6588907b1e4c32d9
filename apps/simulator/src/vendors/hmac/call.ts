import type { z } from "zod";

import type { HmacHouse } from "./house.ts";
import type { Fields } from "./signed-fields.ts";

export type CallAnswer =
  | { readonly kind: "fields"; readonly fields: Fields }
  | { readonly kind: "csv"; readonly text: string };

/** One of the contract's calls: what it takes, and what it answers to the request that carried it. */
export type Call<Input> = {
  readonly input: z.ZodType<Input>;
  readonly answer: (house: HmacHouse, input: Input, request: Request) => CallAnswer;
};

export const notFound: CallAnswer = { kind: "fields", fields: { code: "NOT_FOUND" } };

export function success(fields: Fields): CallAnswer {
  return { kind: "fields", fields: { code: "SUCCESS", ...fields } };
}

export function failure(message: string): CallAnswer {
  return { kind: "fields", fields: { code: "ERROR", message } };
}
