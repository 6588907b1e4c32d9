import { z } from "@hono/zod-openapi";

const defaultPage = 20;
const maximumPage = 100;

/** How many rows a page has. Digits only: `Number` would also read `1e1`, `0x10` and nothing at all. */
export const limit = z
  .string()
  .regex(/^[0-9]{1,3}$/, "must be a whole number")
  .transform(Number)
  .pipe(z.int().min(1).max(maximumPage))
  .prefault(String(defaultPage))
  .openapi({ type: "integer", minimum: 1, maximum: maximumPage, default: defaultPage });

/** The query of a list whose cursor is the id of the last row that was seen. */
export function pageQuery(prefix: "ord" | "cb" | "exc" | "rec") {
  const cursor = z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), "must be the nextCursor of this list");
  return { limit, cursor: cursor.optional() };
}

/** The next page's cursor: the last row's id, when the page was full. */
export function nextCursorOf(rows: readonly { readonly id: string }[], size: number): string | null {
  return rows.length === size ? (rows.at(-1)?.id ?? null) : null;
}
