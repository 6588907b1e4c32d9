import type { Logger } from "@zhanggui/runtime";

import type { PlayedAccounts } from "../accounts.ts";
import type { Book } from "../book/book.ts";
import type { Attempt, Notice } from "../book/records.ts";
import { signFields } from "../signed-fields.ts";
import { openGate } from "./gate.ts";
import { postForm } from "./post-form.ts";
import { afterAttempt } from "./progress.ts";

const maximumDeliveriesInFlight = 32;

export type CourierDeps = {
  readonly book: Book;
  readonly accounts: PlayedAccounts;
  readonly speed: number;
  readonly logger: Logger;
  readonly now: () => Date;
};

export type Courier = {
  /** Delivers a notice of the book now, then by the ladder until acknowledged. Resolves after the first delivery. */
  readonly send: (notice: Notice) => Promise<Attempt | undefined>;
  /** Takes up what was pending when the simulator stopped. */
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

export function openCourier({ book, accounts, speed, logger, now }: CourierDeps): Courier {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const underway = new Set<Promise<unknown>>();
  const gate = openGate(maximumDeliveriesInFlight);

  async function deliver(notice: Notice): Promise<Attempt | undefined> {
    const account = accounts.get(notice.provider);
    if (account === undefined || stopping.signal.aborted) return undefined;
    const at = now();
    const secret = notice.role === "forgery" ? `not ${account.secret}` : account.secret;
    const sent = signFields(notice.facts, secret, at);
    const answer = await postForm(notice.notifyUrl, sent, stopping.signal);
    // Cut off by our own stop: the delivery counts as not made and is made again after the restart.
    if (stopping.signal.aborted && answer.kind === "unanswered") return undefined;

    const attempt = { at: at.toISOString(), sent, answer };
    const delivered = afterAttempt(notice, attempt, speed);
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
    send: track,
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
