import type { z } from "@hono/zod-openapi";

import { problemSchema } from "./problem.ts";

/** A JSON body in an OpenAPI description. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON body that a route requires. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** The refusals that any route behind a token may answer. */
export const refusals = {
  400: problem("The request cannot be read."),
  401: problem("No valid token."),
  403: problem("The role is too low."),
  404: problem("Not there, or somebody else's."),
  409: problem("The state does not allow it."),
  413: problem("Body over 64 KiB."),
  415: problem("The body is not JSON."),
  422: problem("Well-formed, but not valid: `errors` names each mistake."),
  429: problem("Too many requests: see Retry-After."),
  503: problem("The database or a gateway cannot be reached."),
};
