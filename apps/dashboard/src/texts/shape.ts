import type { en } from "./en.ts";

/** One language's texts: what `en` has, each as free text. */
export type Texts = Widen<typeof en>;

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer Args) => string
    ? (...args: Args) => string
    : Fields<T>;
type Fields<T> = { readonly [Name in keyof T]: Widen<T[Name]> };
