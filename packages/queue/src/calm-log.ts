export type QueueLog = {
  readonly warn: (facts: object, message: string) => void;
  readonly info: (facts: object, message: string) => void;
};

/** How long the same warning is not said again: an outage repeats itself with every try to reconnect, in every worker. */
const quietMs = 10_000;
/** Warnings that are remembered; beyond that it is better to repeat than to grow. */
const remembered = 100;

/** A log in which an outage is a line now and then, and not ten in each second. */
export function calm(log: QueueLog, now: () => number): QueueLog {
  const saidAt = new Map<string, number>();
  return {
    info: log.info,
    warn: (facts, message) => {
      const about = "err" in facts && facts.err instanceof Error ? facts.err.message : "";
      const key = `${message}\n${about}`;
      if (now() - (saidAt.get(key) ?? -quietMs) < quietMs) return;
      if (saidAt.size >= remembered) saidAt.clear();
      saidAt.set(key, now());
      log.warn(facts, message);
    },
  };
}
