import { reasonSchema } from "../../schemas/admin.ts";

/** What every admin route's description begins with. */
export function adminRoute(tag: string, summary: string) {
  return { tags: [`Admin: ${tag}`], security: [{ bearer: [] }, { session: [] }], summary };
}

/** A body that only says why, and may be missing. */
export const reasonBody = { required: false, content: { "application/json": { schema: reasonSchema } } };
