import type { Outside, StatementAnswer } from "../gateway.ts";
import type { StripeAccount } from "./account.ts";
import { type BalanceTransaction, balanceTransaction } from "./balance-transaction.ts";
import { type StripeAnswer, type Unknown, askStripe, unexpected } from "./request.ts";
import { headerLine, lineOf } from "./statement-lines.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** A transaction with its source takes some five kilobytes of the 256 that an answer may have. */
const pageSize = 30;
/** 150,000 transactions; a day beyond it is exported by hand. */
const maximumPages = 5_000;

/** Moves between the balance and the bank, which the report of balance *changes from activity* leaves out as well. */
const payouts: ReadonlySet<string> = new Set(["payout", "payout_reversal"]);

type Page = { readonly items: readonly BalanceTransaction[]; readonly next: string | undefined };
type Window = { readonly fromSeconds: number; readonly untilSeconds: number };

/**
 * One day of Stripe's balance transactions, oldest last, as text in the columns of its report
 * `balance_change_from_activity.itemized.3`: a report exported by hand has the same ones. The report itself is made on
 * demand over minutes; the list behind it is there at once.
 *
 * The day is a UTC day: that is what the report's `timezone` is unless another is asked for, and the balance itself
 * becomes available by UTC days.
 */
export async function statement(account: StripeAccount, date: string, outside: Outside): Promise<StatementAnswer> {
  const window = windowOf(date);
  if (window === undefined) return { kind: "unknown", why: "the date is not yyyy-mm-dd" };
  if (window.untilSeconds * 1000 > outside.now().getTime())
    return { kind: "not_ready", why: "the UTC day is not over" };

  const first = await readPage(account, outside, { window, after: undefined });
  return "kind" in first
    ? first
    : { kind: "downloaded", file: linesOf(first, (after) => readPage(account, outside, { window, after })) };
}

/** Ends in an error instead of an end when a later page cannot be read: half a day is no statement. */
async function* linesOf(first: Page, turn: (after: string) => Promise<Page | Unknown>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(headerLine);
  let page = first;
  for (let count = 1; count <= maximumPages; count += 1) {
    const moved = page.items.filter(({ reporting_category }) => !payouts.has(reporting_category));
    yield encoder.encode(moved.map((item) => lineOf(item)).join(""));
    if (page.next === undefined) return;
    const turned = await turn(page.next);
    if ("kind" in turned) throw new Error(`Stripe's balance transactions broke off: ${turned.why}`);
    page = turned;
  }
  throw new Error(`Stripe has more than ${maximumPages * pageSize} balance transactions for one day`);
}

async function readPage(
  account: StripeAccount,
  outside: Outside,
  { window, after }: { readonly window: Window; readonly after: string | undefined },
): Promise<Page | Unknown> {
  const answer = await askStripe(account, outside, {
    method: "GET",
    path: "/v1/balance_transactions",
    fields: {
      "created[gte]": String(window.fromSeconds),
      "created[lt]": String(window.untilSeconds),
      limit: String(pageSize),
      "expand[0]": "data.source",
      ...(after === undefined ? {} : { starting_after: after }),
    },
  });
  return answer.kind === "answered" ? pageOf(answer, window) : unexpected(answer);
}

function pageOf(answer: Extract<StripeAnswer, { readonly kind: "answered" }>, window: Window): Page | Unknown {
  const read = balanceTransaction.array().safeParse(answer.object["data"]);
  const more = answer.object["has_more"];
  if (!read.success || typeof more !== "boolean") {
    return { kind: "unknown", why: "the gateway's balance transactions cannot be read" };
  }
  const isOfDay = ({ created }: BalanceTransaction) => created >= window.fromSeconds && created < window.untilSeconds;
  if (!read.data.every(isOfDay)) return { kind: "unknown", why: "the gateway answered for another day" };
  const next = more ? read.data.at(-1)?.id : undefined;
  return more && next === undefined
    ? { kind: "unknown", why: "the gateway's list has no end" }
    : { items: read.data, next };
}

function windowOf(date: string): Window | undefined {
  const start = new Date(`${date}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(start.getTime())) return undefined;
  // A day that no calendar has would have become another one.
  if (!start.toISOString().startsWith(date)) return undefined;
  return { fromSeconds: start.getTime() / 1000, untilSeconds: (start.getTime() + dayMs) / 1000 };
}
