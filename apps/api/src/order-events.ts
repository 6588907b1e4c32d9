import { audit, type Db } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

/** How often the database is asked for what the watched orders did; one question for all of them. */
const pollMs = 250;
const changesAPoll = 1_000;
/** Open streams of one process. */
const maximumWatchers = 2_000;

export type OrderChange = audit.StatusChange;

export type OrderEvents = {
  /**
   * Tells each change of status of an order and its payments after the audit entry `after`, until it is stopped or the
   * process is.
   *
   * @returns how to stop. @throws Fault `rate_limited` when too many orders are watched already.
   */
  readonly watch: (orderId: string, after: string, listener: Listener) => () => void;
  /** Ends every watch, so that its stream can end. */
  readonly close: () => void;
};

export type Listener = { readonly onChange: (change: OrderChange) => void; readonly onEnd: () => void };

type Watcher = Listener & { readonly orderId: string; seen: string };

/**
 * Reads the changes from the audit, where each one stands with the transaction that made it: none is missed, whichever
 * process made it, and a reader that was away goes on where it stopped. The database is asked only while somebody
 * watches.
 */
export function createOrderEvents(db: Db, onError: (error: unknown) => void): OrderEvents {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const poll = async (): Promise<void> => {
    try {
      for (const change of await audit.statusChanges(db, oldestSeen(watchers), changesAPoll)) {
        for (const watcher of watchers) {
          if (watcher.orderId !== change.order_id || BigInt(watcher.seen) >= BigInt(change.id)) continue;
          watcher.seen = change.id;
          watcher.onChange(change);
        }
      }
    } catch (error) {
      onError(error);
    }
  };
  const next = () => {
    timer = closed || watchers.size === 0 ? undefined : setTimeout(() => void poll().finally(next), pollMs);
  };

  return {
    watch: (orderId, after, listener) => {
      if (closed || watchers.size >= maximumWatchers) throw new Fault("rate_limited", { why: "too many open streams" });
      const watcher: Watcher = { ...listener, orderId, seen: after };
      watchers.add(watcher);
      if (timer === undefined) next();
      return () => void watchers.delete(watcher);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      for (const { onEnd } of watchers) onEnd();
      watchers.clear();
    },
  };
}

/** Several may watch one order: what is read starts where the one furthest behind stopped. */
function oldestSeen(watchers: ReadonlySet<Watcher>): ReadonlyMap<string, string> {
  const seen = new Map<string, string>();
  for (const { orderId, seen: last } of watchers) {
    const known = seen.get(orderId);
    if (known === undefined || BigInt(last) < BigInt(known)) seen.set(orderId, last);
  }
  return seen;
}
