import { duties } from "@zhanggui/db";

import { type CheckedLaw, checkLaws } from "./check-laws.ts";
import type { Engine } from "./engine.ts";

const recentEverySeconds = 300;
/** Longer than the pause between two runs, so that a row is looked at at least twice while it is fresh. */
const recentWindowSeconds = 900;
/** All rows are looked at once a night, when there is room; a night that was missed is made up for in the day. */
const nightly = { fromHour: 3, toHour: 5, atNightSeconds: 20 * 3_600, otherwiseSeconds: 30 * 3_600 } as const;

/**
 * Looks after the laws, as one worker of the whole pool: recent rows every five minutes, all rows every night by
 * Shanghai's clock. Answers what was checked; nothing when it was not time.
 */
export async function watchLaws(
  engine: Pick<Engine, "db" | "wake" | "log" | "outside">,
): Promise<readonly CheckedLaw[]> {
  const isAll = await duties.claim(
    engine.db,
    "laws-all",
    isNight(engine.outside.now()) ? nightly.atNightSeconds : nightly.otherwiseSeconds,
  );
  const isRecent = (await duties.claim(engine.db, "laws-recent", recentEverySeconds)) && !isAll;
  if (!isAll && !isRecent) return [];

  const reach = isAll ? ({ kind: "all" } as const) : ({ kind: "recent", seconds: recentWindowSeconds } as const);
  const checked = await checkLaws(engine, { reach });
  for (const { name, holds, says } of checked) if (!holds) engine.log.error({ law: name }, says);
  return checked;
}

function isNight(now: Date): boolean {
  const hour = Number(
    new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", hourCycle: "h23" }).format(now),
  );
  return hour >= nightly.fromHour && hour < nightly.toHour;
}
