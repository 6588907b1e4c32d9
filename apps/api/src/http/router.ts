import { OpenAPIHono } from "@hono/zod-openapi";

import type { AppEnv } from "./authentication.ts";
import { InputFault } from "./problem.ts";

/** A router whose schemas validate and describe at once; invalid input is refused with each mistake's place. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw new InputFault(
        result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
      );
    },
  });
}
