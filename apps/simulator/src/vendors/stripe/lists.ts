import type { StripeObject } from "./objects/object.ts";
import { type Parameters, integer } from "./parameters.ts";
import { ParameterRefusal, noSuch } from "./refusal.ts";

const defaultLimit = 10;
const maximumLimit = 100;

type Listed = StripeObject & { readonly id: string; readonly created: number };

/**
 * One page of a list, newest first (docs.stripe.com/api/pagination), of items in the order in which they were made;
 * `created[gte]` and its like narrow it.
 */
export function listOf(url: string, parameters: Parameters, items: readonly Listed[]): StripeObject {
  const limit = limitOf(parameters);
  const wanted = items
    .filter(({ created }) => isWithin(parameters, created))
    .toReversed()
    .toSorted((left, right) => right.created - left.created);
  const after = parameters.get("starting_after");
  const start = after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw noSuch("object", after, "starting_after");
  return {
    object: "list",
    url,
    has_more: wanted.length > start + limit,
    data: wanted.slice(start, start + limit),
  };
}

export function limitOf(parameters: Parameters): number {
  const limit = integer(parameters, "limit") ?? defaultLimit;
  if (limit < 1 || limit > maximumLimit) {
    throw new ParameterRefusal(
      "limit",
      `This value must be between 1 and ${maximumLimit}.`,
      "parameter_invalid_integer",
    );
  }
  return limit;
}

function isWithin(parameters: Parameters, created: number): boolean {
  const [exactly, after, from, before, until] = [
    "created",
    "created[gt]",
    "created[gte]",
    "created[lt]",
    "created[lte]",
  ].map((name) => integer(parameters, name));
  return (
    (exactly === undefined || created === exactly) &&
    (after === undefined || created > after) &&
    (from === undefined || created >= from) &&
    (before === undefined || created < before) &&
    (until === undefined || created <= until)
  );
}
