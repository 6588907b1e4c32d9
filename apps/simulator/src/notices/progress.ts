import { z } from "zod";

import type { Answer, Attempt, Notice } from "../book/records.ts";
import { redeliveryDelayMs } from "./ladder.ts";

const acknowledgement = z.object({ code: z.literal("SUCCESS") });

/** Where a notice stands after one more delivery. Duplicates and forgeries are sent once, whatever is answered. */
export function afterAttempt(notice: Notice, attempt: Attempt, speed: number): Notice {
  const attempts = [...notice.attempts, attempt];
  return { ...notice, attempts, progress: progressOf(notice, attempts, speed) };
}

function progressOf(notice: Notice, attempts: readonly Attempt[], speed: number): Notice["progress"] {
  const last = attempts.at(-1);
  if (last === undefined) return notice.progress;
  if (isAcknowledged(last.answer)) return { state: "acknowledged" };
  const delayMs = notice.role === "notice" ? redeliveryDelayMs(attempts.length, speed) : undefined;
  if (delayMs === undefined) return { state: "abandoned" };
  return { state: "pending", nextAt: new Date(Date.parse(last.at) + delayMs).toISOString() };
}

function isAcknowledged(answer: Answer): boolean {
  if (answer.kind === "unanswered" || answer.status < 200 || answer.status > 299) return false;
  try {
    return acknowledgement.safeParse(JSON.parse(answer.body)).success;
  } catch {
    return false;
  }
}
