import { ask } from "../world/http.ts";
import { viewer } from "../world/shop.ts";

const pageSize = 100;
const mostPages = 2_000;
const atOnce = 6;

/** Everything that the admin API tells. */
export type Till = {
  // What the suite reads of a body it checks.
  // oxlint-disable-next-line no-explicit-any
  readonly orders: readonly any[];
  // oxlint-disable-next-line no-explicit-any
  readonly exceptions: readonly any[];
  /** Oldest first. */
  // oxlint-disable-next-line no-explicit-any
  readonly audit: readonly any[];
};

export async function readTill(url: string): Promise<Till> {
  const [listed, exceptions, audit] = await Promise.all([
    all(url, "orders", "orders"),
    all(url, "exceptions", "exceptions"),
    all(url, "audit", "entries"),
  ]);
  return { orders: await timelines(url, listed), exceptions, audit: audit.toReversed() };
}

async function timelines(url: string, listed: readonly { id: string }[]) {
  const found: Till["orders"][number][] = [];
  const left = [...listed];
  const read = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { status, body, text } = await ask(url, "GET", `/admin/orders/${one.id}`, { token: viewer });
      if (status !== 200) throw new Error(`${one.id}: ${status} ${text}`);
      found.push(body);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, read));
  return found;
}

/** All pages of a list. */
export async function all(url: string, list: string, noun: string, filter = "") {
  const found: Till["orders"][number][] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body, text } = await ask(url, "GET", `/admin/${list}?limit=${pageSize}${filter}${next}`, {
      token: viewer,
    });
    if (status !== 200) throw new Error(`/admin/${list}: ${status} ${text}`);
    found.push(...body[noun]);
    cursor = body.nextCursor;
    if (cursor === null) return found;
  }
  throw new Error(`/admin/${list} has no end`);
}
