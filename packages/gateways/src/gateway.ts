import type { Decimal, Notice, RefundNoticeStatus } from "@zhanggui/domain";
import type { z } from "zod";

import type { StatementFormat } from "./statement-format.ts";

/** One HTTP request from a gateway, its body exactly as it came. Header names are lower case. */
export type CallbackRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type Clock = { readonly now: Date; readonly production: boolean };

/** Why a callback was refused. The first is the sender's syntax, the others are about who sent it and when. */
export type RefusalReason =
  | "malformed"
  | "unsupported_media_type"
  | "signature_invalid"
  | "unsigned_refused"
  | "stale"
  | "foreign_merchant"
  | "unknown_kind";

export type Verification =
  | {
      readonly ok: true;
      readonly notice: Notice;
      /** The name of the key that it was verified with, as `keysOf` names it where the account holds it; never the key. */
      readonly verifiedBy: string;
    }
  | { readonly ok: false; readonly reason: RefusalReason };

/** What is answered to a gateway, in its own form. */
export type Acknowledgement = { readonly status: number; readonly contentType: string; readonly body: string };

/** What the buyer's browser is to do next. */
export type PaymentAction = {
  readonly type: "qr" | "redirect" | "form" | "none";
  readonly url?: string;
  readonly fields?: Readonly<Record<string, string>>;
};

/** One attempt as its gateway knows it, fixed when it was started: a call that is repeated must say the same. */
export type Attempt = {
  readonly outTradeNo: string;
  /** When it was started. UnionPay finds a payment by this beside its number. */
  readonly startedAt: Date;
  /** The gateway must refuse the buyer after this. */
  readonly expiresAt: Date;
};

export type PayCall = Attempt & {
  readonly amount: Decimal;
  readonly currency: string;
  readonly subject: string;
  readonly notifyUrl: string;
  /** Where the buyer's browser is led afterwards. That visit proves nothing. */
  readonly returnUrl: string;
};

/** What a call out of this process needs besides its words. */
export type Outside = { readonly fetch: typeof fetch; readonly now: () => Date };

/** An outcome that was not heard is `unknown`, never assumed. */
export type PayAnswer =
  | { readonly kind: "created"; readonly action: PaymentAction }
  /** It will not be opened, now or when asked again. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

export type QueryAnswer =
  | { readonly kind: "found"; readonly notice: Notice }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * `closed` only where the gateway says, or documents, that nothing can be paid any more. `not_found` is not that: a code
 * that was shown may create the payment still.
 */
export type CloseAnswer =
  | { readonly kind: "closed" }
  | { readonly kind: "paid" }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly why: string };

/** One refund as its gateway knows it. */
export type RefundAttempt = {
  readonly outTradeNo: string;
  readonly transactionId: string;
  /** Committed before the call and used for ever: asking again with the same number never refunds twice. */
  readonly outRefundNo: string;
  /** When it was asked for. UnionPay finds a refund by this beside its number. */
  readonly requestedAt: Date;
};

export type RefundCall = RefundAttempt & {
  /** What the payment was over, and how much of it goes back. */
  readonly amount: Decimal;
  readonly refundAmount: Decimal;
  readonly currency: string;
  readonly reason: string;
  readonly notifyUrl: string;
};

export type RefundAnswer =
  | { readonly kind: "accepted"; readonly status: RefundNoticeStatus; readonly refundId?: string }
  /** The gateway says, signed, that it will not do it. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

export type RefundQueryAnswer =
  | { readonly kind: "found"; readonly status: RefundNoticeStatus; readonly refundId?: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly why: string };

/** The gateway's own file of one day, unpacked and with its digest checked, in the gateway's own layout and charset. */
export type StatementAnswer =
  | { readonly kind: "downloaded"; readonly file: AsyncIterable<Uint8Array> }
  /** The gateway has none (yet) for that day. */
  | { readonly kind: "not_ready"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** The calls to a gateway. An account without an address has none: its payments only ever come in. */
export type GatewayCalls<Account> = {
  readonly isCallable: (account: Account) => boolean;
  readonly pay: (account: Account, call: PayCall, outside: Outside) => Promise<PayAnswer>;
  readonly query: (account: Account, attempt: Attempt, outside: Outside) => Promise<QueryAnswer>;
  readonly close: (account: Account, attempt: Attempt, outside: Outside) => Promise<CloseAnswer>;
  readonly refund: (account: Account, call: RefundCall, outside: Outside) => Promise<RefundAnswer>;
  readonly refundQuery: (account: Account, refund: RefundAttempt, outside: Outside) => Promise<RefundQueryAnswer>;
  /** `date` is `yyyy-mm-dd` of the gateway's own day, Asia/Shanghai where it has no other. */
  readonly statement: (account: Account, date: string, outside: Outside) => Promise<StatementAnswer>;
};

/** A gateway is a value: how its account is written, how its callbacks are verified and answered, how it is called. */
export type Gateway<Account> = {
  readonly account: z.ZodType<Account>;
  /** Verifies over the raw bytes, then reads the notice. May throw on hostile input: the caller refuses then. */
  readonly verify: (account: Account, request: CallbackRequest, clock: Clock) => Verification | Promise<Verification>;
  /** Whether the gateway documents the notice's own word; left out where an undocumented one reads as `unknown`. */
  readonly isDocumented?: (notice: Notice) => boolean;
  /** Its refund notices are signed by nobody: whatever they claim, only a query tells. */
  readonly hintsOfRefunds?: true;
  readonly acknowledge: {
    readonly accepted: Acknowledgement;
    readonly refused: (status: number, message: string) => Acknowledgement;
  };
  readonly calls: GatewayCalls<Account>;
  /** How its statement is read; left out where it has none. */
  readonly statementFormat?: StatementFormat<Account>;
};
