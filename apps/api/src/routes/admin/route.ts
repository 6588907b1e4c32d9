import { z } from "@hono/zod-openapi";

import { reasonSchema } from "../../schemas/admin.ts";

/** What every admin route's description begins with. */
export function adminRoute(tag: string, summary: string) {
  return { tags: [`Admin: ${tag}`], security: [{ bearer: [] }], summary };
}

export const idParam = z.object({ id: z.string().min(1).max(200) });

/** A body that only says why, and may be missing. */
export const reasonBody = { required: false, content: { "application/json": { schema: reasonSchema } } };
