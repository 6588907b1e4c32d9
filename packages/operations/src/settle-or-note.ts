import { callbacks } from "@zhanggui/db";

import type { Engine } from "./engine.ts";
import { settleCallback } from "./settle-callback.ts";

const longestDescription = 500;

/**
 * Settles a notice; when that fails, the inbox keeps why, and `isFinal` says of what was thrown whether the notice is to
 * wait for a person or its gateway instead of another try. Throws what settling threw.
 */
export async function settleOrNote(
  engine: Engine,
  callbackId: string,
  isFinal: (error: unknown) => boolean,
): Promise<string> {
  try {
    return await settleCallback(engine, callbackId);
  } catch (error) {
    const description = (error instanceof Error ? error.message : String(error)).slice(0, longestDescription);
    await callbacks.fail(engine.db, callbackId, { error: description, final: isFinal(error) });
    throw error;
  }
}
