import type { Decimal, Notice } from "@zhanggui/domain";
import type { z } from "zod";

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
  | { readonly ok: true; readonly notice: Notice }
  | { readonly ok: false; readonly reason: RefusalReason };

/** What is answered to a gateway, in its own form. */
export type Acknowledgement = { readonly status: number; readonly contentType: string; readonly body: string };

/** What the buyer's browser is to do next. */
export type PaymentAction = {
  readonly type: "qr" | "redirect" | "form" | "none";
  readonly url?: string;
  readonly fields?: Readonly<Record<string, string>>;
};

export type PayCall = {
  readonly outTradeNo: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly subject: string;
  readonly notifyUrl: string;
  /** The gateway must refuse the buyer after this. */
  readonly expiresAt: Date;
};

/** What a call out of this process needs besides its words. */
export type Outside = { readonly fetch: typeof fetch; readonly now: () => Date };

/** An outcome that was not heard is `unknown`, never assumed. */
export type PayAnswer =
  | { readonly kind: "created"; readonly action: PaymentAction }
  | { readonly kind: "unknown"; readonly why: string };

export type QueryAnswer =
  | { readonly kind: "found"; readonly notice: Notice }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly why: string };

export type CloseAnswer =
  | { readonly kind: "closed" }
  | { readonly kind: "paid" }
  | { readonly kind: "not_found" }
  | { readonly kind: "unknown"; readonly why: string };

/** The calls to a gateway. An account without an address has none: its payments only ever come in. */
export type GatewayCalls<Account> = {
  readonly isCallable: (account: Account) => boolean;
  readonly pay: (account: Account, call: PayCall, outside: Outside) => Promise<PayAnswer>;
  readonly query: (account: Account, outTradeNo: string, outside: Outside) => Promise<QueryAnswer>;
  readonly close: (account: Account, outTradeNo: string, outside: Outside) => Promise<CloseAnswer>;
};

/** A gateway is a value: how its account is written, how its callbacks are verified and answered, how it is called. */
export type Gateway<Account> = {
  readonly account: z.ZodType<Account>;
  /** Verifies over the raw bytes, then reads the notice. May throw on hostile input: the caller refuses then. */
  readonly verify: (account: Account, request: CallbackRequest, clock: Clock) => Verification | Promise<Verification>;
  readonly acknowledge: {
    readonly accepted: Acknowledgement;
    readonly refused: (status: number, message: string) => Acknowledgement;
  };
  readonly calls: GatewayCalls<Account>;
};
