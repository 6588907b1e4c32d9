import type { Account } from "@zhanggui/gateways";
import type { Hono } from "hono";

import type { Book } from "../book/book.ts";
import type { Answer, Facts, Notice } from "../book/records.ts";
import type { Desk, Numbers } from "../desk/desk.ts";
import type { Courier } from "../notices/courier.ts";
import type { Happening, NoticeText, Signing } from "../notices/scheme.ts";

/** The entry of `PROVIDERS_FILE`: the merchant's half of the secrets. */
export type AccountOf<Kind extends Account["kind"]> = Extract<Account, { readonly kind: Kind }>;

/** Which of the styles its cashier has. */
export type Look = "plain" | "wechat" | "alipay" | "unionpay" | "stripe";

/** One account that is played: all that writing a notice needs. */
export type Office<A, K> = {
  readonly provider: string;
  readonly account: A;
  /** The gateway's half of the secrets; `undefined` for a kind whose account already holds them. */
  readonly keys: K;
  readonly book: Book;
};

/** What a vendor's routes need. The functions of `src/desk` take it as their first argument. */
export type House<A, K> = Office<A, K> &
  Desk & {
    readonly courier: Courier;
    /** The address of a payment's cashier, under the name by which this request reached the simulator. */
    readonly cashierUrl: (request: Request, outTradeNo: string) => string;
    /** Where a gateway tells whose calls name no address: the endpoint that was registered with it beforehand. */
    readonly endpointUrl: string;
  };

/** A played gateway is a value: what merchants call, what it tells them, and how its cashier looks. */
export type Vendor<A, K> = {
  /**
   * The gateway's own HTTP face below the account's `baseUrl` (`/gateways/:provider`): its protocol, its signatures, its
   * errors. Paths are relative to it, such as `/v3/pay/transactions/native`; `c.req.url` is the whole address, as signed.
   */
  readonly routes: (house: House<A, K>) => Hono;
  /** One delivery, signed now: a fresh timestamp and nonce each time, the same event id for the same `notice.eventId`. */
  readonly writeNotice: (office: Office<A, K>, notice: Notice, signing: Signing) => NoticeText;
  /** What the gateway notifies of at all; left out where it tells of everything. A fault that is asked for is always told. */
  readonly tells?: (facts: Facts) => boolean;
  /** The events by which one happening is told, where there are several: `notice.event` names the one to write. */
  readonly eventsOf?: (office: Office<A, K>, happening: Happening) => readonly string[];
  readonly isAcknowledged: (answer: Answer) => boolean;
  /** Seconds between deliveries of one notice, divided by `SIMULATOR_SPEED`. */
  readonly ladderSeconds: readonly number[];
  readonly numbers: Numbers;
  /** Whether a call at the root of the host is this account's: for official clients that know a host and no base path. */
  readonly isMeantAtRoot?: (office: Office<A, K>, request: Request) => boolean;
  readonly look: Look;
};
