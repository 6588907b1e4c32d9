import type { Metadata } from "./parameters.ts";
import { ParameterRefusal } from "./refusal.ts";

const maximumClauses = 10;
const clause = /^(?:metadata\["([^"]{1,40})"\]|(status)):"([^"]{0,500})"$/;

export type Searched = { readonly metadata: Metadata; readonly status: string };

/** Reads a query of `metadata["key"]:"value"` and `status:"word"`, joined by `AND` (docs.stripe.com/search). */
export function matcherOf(query: string): (searched: Searched) => boolean {
  const clauses = query.split(/ AND /i).map((text) => clause.exec(text.trim()));
  if (clauses.length > maximumClauses || clauses.includes(null)) {
    throw new ParameterRefusal("query", `We were unable to parse your search query: ${query}`);
  }
  return ({ metadata, status }) =>
    clauses.every((found) => {
      const [, key, , value] = found ?? [];
      return (key === undefined ? status : Object.hasOwn(metadata, key) ? metadata[key] : undefined) === value;
    });
}
