import type { Answer, Attempt, Notice } from "../book/records.ts";

/** Headers and body of one delivery, as they go out and as the journal keeps them. */
export type NoticeText = Attempt["sent"];

/** `other` is another key that the account accepts, or the current one where it has none; `foreign` one it does not. */
export type Signing = { readonly at: Date; readonly key: Notice["key"] };

/** How one provider's notices are written, and when the gateway is content. */
export type NoticeScheme = {
  readonly write: (notice: Notice, signing: Signing) => NoticeText;
  readonly isAcknowledged: (answer: Answer) => boolean;
  /** Seconds between deliveries of one notice; the gateway gives up when they are used up. */
  readonly ladderSeconds: readonly number[];
};
