import type { z } from "zod";

import type { Book } from "../book/book.ts";
import type { RefundDesk } from "../refund-desk.ts";
import type { Fields } from "../signed-fields.ts";

export type CallDeps = { readonly book: Book; readonly refundDesk: RefundDesk; readonly now: () => Date };

/** Who called, and under which address the simulator was reached. */
export type Caller = { readonly provider: string; readonly origin: string };

export type CallAnswer =
  | { readonly kind: "fields"; readonly fields: Fields }
  | { readonly kind: "csv"; readonly text: string };

/** One of the contract's calls: what it takes, and what it answers. */
export type Call<Input> = {
  readonly input: z.ZodType<Input>;
  readonly answer: (deps: CallDeps, caller: Caller, input: Input) => CallAnswer;
};

export const notFound: CallAnswer = { kind: "fields", fields: { code: "NOT_FOUND" } };

export function success(fields: Fields): CallAnswer {
  return { kind: "fields", fields: { code: "SUCCESS", ...fields } };
}

export function failure(message: string): CallAnswer {
  return { kind: "fields", fields: { code: "ERROR", message } };
}
