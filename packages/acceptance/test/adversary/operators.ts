import { setTimeout as sleep } from "node:timers/promises";

import { ask } from "../world/http.ts";
import type { Random } from "../world/random.ts";
import { token } from "../world/token.ts";
import { all } from "./till.ts";

const first = token("the first of two", "admin");
const second = token("the second of two", "admin");
const pauseMs = 700;

/** Refunds some paid orders in parts, and cancels some others. */
export async function refundSome(url: string, random: Random): Promise<number> {
  const paid = await all(url, "orders", "orders", "&status=paid");
  let asked = 0;
  for (const { id, amount } of paid) {
    const part = { amount: (Number(amount) / 4).toFixed(2), reason: "a part of it was broken" };
    switch (random.below(5)) {
      case 0:
        await twice(url, `/admin/orders/${id}/refund`, part);
        await twice(url, `/admin/orders/${id}/refund`, { reason: "and the rest" });
        break;
      case 1:
        await twice(url, `/admin/orders/${id}/refund`, part);
        break;
      case 2:
        await twice(url, `/admin/orders/${id}/cancel`, { reason: "the buyer changed their mind" });
        break;
      default:
        continue;
    }
    asked += 1;
  }
  return asked;
}

/** Asks for it, and has a second person ask for the same where that is what it needs. */
async function twice(url: string, path: string, json: object) {
  const asked = await ask(url, "POST", path, { token: first, json });
  return asked.status === 202 ? ask(url, "POST", path, { token: second, json }) : asked;
}

/**
 * Does what each open case suggests, until none is open and no refund is under way.
 *
 * @param underWay what is not over yet, one line each.
 * @returns why it could not, case by case; nothing when all are closed.
 */
export async function resolveAll(
  url: string,
  withinMs: number,
  underWay: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const deadline = performance.now() + withinMs;
  let stuck: string[] = [];
  while (performance.now() < deadline) {
    const open = await all(url, "exceptions", "exceptions", "&state=open");
    stuck = open.length === 0 ? [...(await underWay())] : [];
    if (open.length === 0 && stuck.length === 0) return [];
    for (const { id, kind, suggestedAction: action, allowedActions, detail } of open) {
      const path = `/admin/exceptions/${id}/resolve`;
      const { status, text } = await twice(url, path, { action, reason: "as the screen suggests" });
      if (status !== 200) {
        const may = allowedActions.map((one: { action: string }) => one.action).join("|");
        stuck.push(`${kind} ${action} of ${may}: ${status} ${text.slice(0, 200)} ${JSON.stringify(detail)}`);
      }
    }
    await sleep(pauseMs);
  }
  return stuck;
}
