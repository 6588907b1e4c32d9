import type { Attempt, Notice } from "../book/records.ts";
import { redeliveryDelayMs } from "./ladder.ts";
import type { NoticeScheme } from "./scheme.ts";

type Patience = Pick<NoticeScheme, "isAcknowledged" | "ladderSeconds"> & { readonly speed: number };

/** Where a notice stands after one more delivery. Duplicates and forgeries are sent once, whatever is answered. */
export function afterAttempt(notice: Notice, attempt: Attempt, patience: Patience): Notice {
  const attempts = [...notice.attempts, attempt];
  return { ...notice, attempts, progress: progressOf(notice, attempts, patience) };
}

function progressOf(notice: Notice, attempts: readonly Attempt[], patience: Patience): Notice["progress"] {
  const last = attempts.at(-1);
  if (last === undefined) return notice.progress;
  if (patience.isAcknowledged(last.answer)) return { state: "acknowledged" };
  const delayMs =
    notice.role === "notice" ? redeliveryDelayMs(patience.ladderSeconds, attempts.length, patience.speed) : undefined;
  if (delayMs === undefined) return { state: "abandoned" };
  return { state: "pending", nextAt: new Date(Date.parse(last.at) + delayMs).toISOString() };
}
