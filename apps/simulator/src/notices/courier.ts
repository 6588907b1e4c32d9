import type { Logger } from "@zhanggui/runtime";

import type { Book } from "../book/book.ts";
import type { Attempt, Facts, Notice } from "../book/records.ts";
import { openGate } from "./gate.ts";
import { postNotice } from "./post-notice.ts";
import { afterAttempt } from "./progress.ts";
import type { Happening, NoticeScheme } from "./scheme.ts";

const maximumDeliveriesInFlight = 32;

export type CourierDeps = {
  readonly book: Book;
  /** By provider id; notices of a provider that is not played wait until it is again. */
  readonly schemes: ReadonlyMap<string, NoticeScheme>;
  readonly speed: number;
  readonly logger: Logger;
  readonly now: () => Date;
};

export type Courier = {
  /** Whether this provider's gateway notifies of such a thing. */
  readonly tells: (provider: string, facts: Facts) => boolean;
  /** Delivers a notice of the book now, then by the ladder until acknowledged. Resolves after the first delivery. */
  readonly send: (notice: Notice) => Promise<Attempt | undefined>;
  /** The events by which the provider tells of this; a nameless one where it has no several. */
  readonly eventsOf: (provider: string, happening: Happening) => readonly (string | undefined)[];
  /** Delivers a notice of the book when it is due. */
  readonly post: (notice: Notice) => void;
  /** Takes up what was pending when the simulator stopped. */
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

export function openCourier({ book, schemes, speed, logger, now }: CourierDeps): Courier {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const underway = new Set<Promise<unknown>>();
  const gate = openGate(maximumDeliveriesInFlight);

  async function deliver(notice: Notice): Promise<Attempt | undefined> {
    const scheme = schemes.get(notice.provider);
    if (scheme === undefined || stopping.signal.aborted) return undefined;
    const at = now();
    const sent = scheme.write(notice, { at, key: notice.key });
    const answer = await postNotice(notice.notifyUrl, sent, stopping.signal);
    // Cut off by our own stop: the delivery counts as not made and is made again after the restart.
    if (stopping.signal.aborted && answer.kind === "unanswered") return undefined;

    const attempt = { at: at.toISOString(), sent, answer };
    const delivered = afterAttempt(notice, attempt, { ...scheme, speed });
    book.put(delivered);
    logger.info({ noticeId: notice.id, role: notice.role, answer, ...delivered.progress }, "notice delivered");
    schedule(delivered);
    return attempt;
  }

  function track(notice: Notice): Promise<Attempt | undefined> {
    const delivery = gate.run(() => deliver(notice));
    underway.add(delivery);
    void delivery.finally(() => underway.delete(delivery));
    return delivery;
  }

  function schedule(notice: Notice): void {
    if (notice.progress.state !== "pending" || stopping.signal.aborted) return;
    const delayMs = Math.max(0, Date.parse(notice.progress.nextAt) - now().getTime());
    timers.set(
      notice.id,
      setTimeout(() => {
        timers.delete(notice.id);
        void track(notice);
      }, delayMs),
    );
  }

  return {
    tells: (provider, facts) => schemes.get(provider)?.tells?.(facts) ?? true,
    eventsOf: (provider, happening) => schemes.get(provider)?.eventsOf?.(happening) ?? [undefined],
    send: track,
    post: schedule,
    resume() {
      for (const { notices } of book.all()) for (const notice of notices.values()) schedule(notice);
    },
    async stop() {
      stopping.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.allSettled(underway);
    },
  };
}
