import type { StripeHouse } from "../house.ts";
import type { StripeObject } from "../objects/object.ts";
import type { Parameters } from "../parameters.ts";

/** A call that has been let in: its parameters, and the id that its path names, or an empty text. */
export type Called = { readonly parameters: Parameters; readonly id: string; readonly request: Request };

/** Answers an object, or throws a `Refusal`. */
export type Call = (house: StripeHouse, called: Called) => StripeObject;
