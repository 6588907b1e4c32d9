import type { z } from "zod";

import { exchange } from "../exchange.ts";
import type { Outside } from "../gateway.ts";
import { readJsonObject } from "../reading/strict-json.ts";
import type { StripeAccount } from "./account.ts";

const defaultUrl = "https://api.stripe.com";
/** Pinned, so that the account's own default cannot change what an answer looks like. */
const apiVersion = "2026-10-28.endive";
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export type Unknown = { readonly kind: "unknown"; readonly why: string };
export type StripeWords = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
};
export type StripeAnswer =
  | { readonly kind: "answered"; readonly object: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly status: number; readonly error: Readonly<Record<string, unknown>> }
  | Unknown;

/** An answer is not signed: it is believed because TLS names the host, so that nothing else than TLS will do. */
function isSafeBase(baseUrl: string): boolean {
  return URL.parse(baseUrl)?.protocol === "https:" || isSimulated(baseUrl);
}

/** Whether the account's gateway is played on this machine, where nobody stands between. */
function isSimulated(baseUrl: string): boolean {
  const url = URL.parse(baseUrl);
  return url?.protocol === "http:" && loopback.test(url.hostname);
}

/** Where a buyer may be led: to a page under TLS, or to a page of the very simulator that the account is played by. */
export function isSafePage({ baseUrl = defaultUrl }: StripeAccount, page: string): boolean {
  const url = URL.parse(page);
  if (url?.protocol === "https:") return true;
  return url?.protocol === "http:" && isSimulated(baseUrl) && url.origin === URL.parse(baseUrl)?.origin;
}

export async function askStripe(account: StripeAccount, outside: Outside, words: StripeWords): Promise<StripeAnswer> {
  const base = account.baseUrl ?? defaultUrl;
  if (!isSafeBase(base)) return { kind: "unknown", why: "an answer without TLS proves nothing" };
  const form = new URLSearchParams(words.fields).toString();
  const url = `${base.replace(/\/$/, "")}${words.path}`;
  const answer = await exchange(outside, {
    method: words.method,
    url: words.method === "GET" && form !== "" ? `${url}?${form}` : url,
    headers: {
      authorization: `Bearer ${account.apiKey}`,
      "stripe-version": apiVersion,
      ...(words.method === "GET" ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      ...(words.idempotencyKey === undefined ? {} : { "idempotency-key": words.idempotencyKey }),
    },
    ...(words.method === "GET" ? {} : { body: form }),
  });
  if (answer.kind === "unknown") return answer;
  const object = readJsonObject(answer.body);
  if (object === undefined) return { kind: "unknown", why: `the gateway answered ${answer.status} without an object` };
  if (answer.status === 200) return { kind: "answered", object };
  const { error } = object;
  return typeof error === "object" && error !== null
    ? { kind: "error", status: answer.status, error: { ...error } }
    : { kind: "unknown", why: `the gateway answered ${answer.status}` };
}

export function unexpected(answer: Exclude<StripeAnswer, { readonly kind: "answered" }>): Unknown {
  if (answer.kind === "unknown") return answer;
  const { code } = answer.error;
  return {
    kind: "unknown",
    why: `the gateway answered ${answer.status} ${typeof code === "string" ? code : ""}`.trim(),
  };
}

const pages = 20;
/** A session takes some four kilobytes of the 256 that an answer may have. */
const pageSize = 40;

export type Scan<Item> = { readonly items: readonly Item[]; readonly complete: boolean };

/**
 * Reads a list, newest first, until the wanted items are seen or its pages run out. Stripe's lists show a write at once;
 * its search may be a minute behind (docs.stripe.com/search, "read-after-write"). An item that cannot be read makes the
 * list unknown, since it might have been the one.
 */
export async function scan<Schema extends z.ZodType<{ readonly id: string }>>(
  account: StripeAccount,
  outside: Outside,
  {
    path,
    fields,
    schema,
    isWanted,
  }: {
    readonly path: string;
    readonly fields: Readonly<Record<string, string>>;
    readonly schema: Schema;
    readonly isWanted: (item: z.infer<Schema>) => boolean;
  },
): Promise<({ readonly kind: "scanned" } & Scan<z.infer<Schema>>) | Unknown> {
  let after: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const answer = await askStripe(account, outside, {
      method: "GET",
      path,
      fields: { ...fields, limit: String(pageSize), ...(after === undefined ? {} : { starting_after: after }) },
    });
    if (answer.kind !== "answered") return unexpected(answer);
    const list = schema.array().safeParse(answer.object["data"]);
    if (!list.success) return { kind: "unknown", why: "the gateway's list cannot be read" };
    const items = list.data.filter((item) => isWanted(item));
    const more = answer.object["has_more"];
    if (items.length > 0 || more === false) return { kind: "scanned", items, complete: more === false };
    after = list.data.at(-1)?.id;
    if (more !== true || after === undefined) return { kind: "unknown", why: "the gateway's list has no end" };
  }
  return { kind: "scanned", items: [], complete: false };
}
