import type { Answer, Attempt, Facts, Notice } from "../book/records.ts";

/** Headers and body of one delivery, as they go out and as the journal keeps them. */
export type NoticeText = Attempt["sent"];

/** `other` is another key that the account accepts, or the current one where it has none; `foreign` one it does not. */
export type Signing = { readonly at: Date; readonly key: Notice["key"] };

/** What a notice is about, before it is one. */
export type Happening = Pick<Notice, "outTradeNo" | "facts">;

/** How one provider's notices are written, and when the gateway is content. */
export type NoticeScheme = {
  readonly write: (notice: Notice, signing: Signing) => NoticeText;
  /** What the gateway notifies of at all; left out where it tells of everything. */
  readonly tells?: (facts: Facts) => boolean;
  readonly isAcknowledged: (answer: Answer) => boolean;
  /** The events by which one happening is told, each by a notice of its own; without it there is one, without a name. */
  readonly eventsOf?: (happening: Happening) => readonly string[];
  /** Seconds between deliveries of one notice; the gateway gives up when they are used up. */
  readonly ladderSeconds: readonly number[];
};
