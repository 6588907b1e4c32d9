/**
 * One line of a gateway's statement (对账单), the same few facts whatever its layout. Statements are compared with the
 * book and never written into it: most are not signed.
 */
export type StatementLine = {
  /** Line of the file, from 1. */
  readonly number: number;
  readonly type: "payment" | "refund";
  readonly outTradeNo?: string;
  /** The payment's own number at the gateway, also on the line of a refund where that is told. */
  readonly transactionId?: string;
  readonly outRefundNo?: string;
  readonly refundId?: string;
  /** Hundredths of the currency's unit, without a sign. */
  readonly amountMinor: number;
  /** What the gateway kept, in the currency's unit, as decimal text: WeChat Pay counts five decimals. Negative: given back. */
  readonly fee?: string;
  readonly currency: string;
  readonly status: "succeeded" | "processing" | "failed";
  /** The gateway's own word. */
  readonly rawStatus: string;
  readonly occurredAt?: Date;
};

export type StatementEntry =
  | { readonly kind: "line"; readonly line: StatementLine }
  /** It should be a payment or a refund and cannot be read as one. */
  | { readonly kind: "unreadable"; readonly number: number; readonly why: string }
  /** Neither a payment nor a refund, such as a fee or a dispute. */
  | { readonly kind: "other"; readonly number: number; readonly what: string };

/** The file as a whole is not what it should be: another layout, cut off, or hostile. */
export class StatementError extends Error {
  constructor(why: string) {
    super(why);
    this.name = "StatementError";
  }
}

/** How a gateway writes a day down. */
export type StatementFormat<Account> = {
  /**
   * Reads a statement line by line, in bounded memory.
   *
   * @param date `yyyy-mm-dd`: some layouts leave the year out.
   * @throws StatementError while it is read.
   */
  readonly read: (account: Account, file: AsyncIterable<Uint8Array>, date: string) => AsyncIterable<StatementEntry>;
  /** How long before midnight of UTC the gateway's day begins. */
  readonly dayBeginsMinutesBeforeUtc: number;
  /** So near to the end of a day, the gateway's clock may have put a payment into the next one's file, or the other way round. */
  readonly slackMinutes: number;
};

/** A day of Beijing, cut by a clock that is nearly ours. */
export const beijingDay = { dayBeginsMinutesBeforeUtc: 8 * 60, slackMinutes: 10 } as const;
