import { z } from "@hono/zod-openapi";

/** Whether PostgreSQL can keep this text: it refuses NUL, and half of a surrogate pair is no character. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Text of one to `maximum` UTF-16 units that reaches the database. */
export function storableText(maximum: number) {
  return z.string().min(1).max(maximum).refine(isStorable, "holds a character that cannot be stored");
}

const longestId = 100;

/** An id in a path. One that is not ours is not invalid: there is just nothing under it. */
export const idParam = z.object({ id: storableText(longestId) });
