import type { Notice } from "@zhanggui/domain";

import type { Acknowledgement, CallbackRequest, Clock } from "../../src/gateway.ts";
import type { AccountByKind, Kind } from "../../src/registry.ts";

/** What a notice says, in the gateway's own names and nesting, before it is signed. */
export type Facts = { readonly [name: string]: unknown };

/** A notice and what must be read from it. */
export type Example = { readonly facts: Facts; readonly notice: Omit<Notice, "eventKey"> };

/** One change to the facts of a payment: a dotted path and its new value. */
export type Change = readonly [path: string, value: unknown];

/** A request and the account that it is genuine for. */
export type Genuine<K extends Kind> = { readonly account: AccountByKind[K]; readonly request: CallbackRequest };

/** All that the conformance suite has to know of a gateway. `sign` is the gateway: independent of the code under test. */
export type Specimen<K extends Kind> = {
  readonly account: AccountByKind[K];
  readonly clock: Clock;
  /** Signs as the gateway does, at the clock's time unless told otherwise; a new time is a redelivery. */
  readonly sign: (facts: Facts, at?: Date) => CallbackRequest;
  readonly examples: { readonly payment: Example; readonly processing: Example; readonly refund: Example };
  /** The name of each key of the account, with a payment that it signed. The first is the one that `sign` uses. */
  readonly keys: readonly {
    readonly name: string;
    readonly request: CallbackRequest;
    readonly clock?: Clock;
  }[];
  /** Notices that are genuine for somebody else. */
  readonly foreign: Readonly<Record<string, Genuine<K>>>;
  /** Payments that are no longer what the gateway signs: another algorithm, version or scheme. */
  readonly downgraded: Readonly<Record<string, CallbackRequest>>;
  /** Bodies in which one field stands twice, signed over their bytes where the scheme does that. */
  readonly duplicated: Readonly<Record<string, CallbackRequest>>;
  /** Headers under the signature, or that carry it. */
  readonly signatureHeaders: readonly string[];
  /** `undefined` where the scheme has no freshness. */
  readonly freshnessSeconds?: number;
  readonly wrongContentType: string;
  /** Whether a field may hold any JSON, or text alone. */
  readonly fieldsHold: "json" | "text";
  /** Paths without which there is no payment; the amount's is the first. */
  readonly required: readonly [string, ...string[]];
  /** A path that only echoes. */
  readonly echoed: string;
  /** Changes that make another fact. */
  readonly otherFacts: readonly Change[];
  /** Why a changed byte may leave the same facts standing; absent when none may. */
  readonly respelling?: string;
  /** Why the refund's bytes may be changed; absent when a signature covers them. */
  readonly unsignedRefund?: string;
  readonly acknowledgement: { readonly accepted: Acknowledgement; readonly refused: Acknowledgement };
};

/** The facts with one field changed; `undefined` takes it out. */
export function withField(facts: Facts, path: string, value: unknown): Facts {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    const others = Object.entries(facts).filter(([other]) => other !== name);
    return value === undefined ? Object.fromEntries(others) : Object.fromEntries([...others, [name, value]]);
  }
  const inner = facts[name];
  return { ...facts, [name]: withField(isFacts(inner) ? inner : {}, rest.join("."), value) };
}

function isFacts(value: unknown): value is Facts {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Facts of a scheme whose fields are all text. */
export function textOf(facts: Facts): Readonly<Record<string, string>> {
  const named = Object.entries(facts).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(named);
}

/** The request with one field written into its JSON object a second time. */
export function withRepeatedName(body: Uint8Array, name: string): Buffer {
  const text = Buffer.from(body).toString();
  return Buffer.from(text.replace("{", `{${JSON.stringify(name)}:"twice",`));
}
