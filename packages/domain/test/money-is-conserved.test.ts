import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Books, type Told, emptyBooks, keep, priceMinor } from "./support/book-keeping.ts";

const attempts = 3;
const runs = { numRuns: 5_000 };

/** A gateway's transactions, each with the one amount that moved; most pay the price exactly. */
const amountOf: Readonly<Record<string, number>> = {
  T1: priceMinor,
  T2: priceMinor,
  T3: priceMinor,
  T4: priceMinor - 1,
  T5: priceMinor * 100,
  T6: priceMinor + 1,
};

const attempt = fc.integer({ min: 0, max: attempts - 1 });
const success: fc.Arbitrary<Told> = fc.record({
  kind: fc.constant("notice" as const),
  attempt,
  notice: fc.constantFrom(...Object.keys(amountOf)).map((transactionId) => ({
    status: "succeeded" as const,
    amountMinor: amountOf[transactionId] ?? 0,
    currency: "CNY",
    transactionId,
  })),
});
const progress: fc.Arbitrary<Told> = fc.record({
  kind: fc.constant("notice" as const),
  attempt,
  notice: fc
    .tuple(
      fc.constantFrom("processing", "failed", "cancelled", "expired", "unknown"),
      fc.constantFrom(priceMinor, 0),
      fc.constantFrom(undefined, ...Object.keys(amountOf)),
    )
    .map(([status, amountMinor, transactionId]) => ({
      status,
      amountMinor,
      currency: "CNY",
      ...(transactionId === undefined ? {} : { transactionId }),
    })),
});
const cancel: fc.Arbitrary<Told> = fc.constant({ kind: "cancel" });
const story = fc.array(
  fc.oneof({ arbitrary: success, weight: 5 }, { arbitrary: progress, weight: 4 }, { arbitrary: cancel, weight: 1 }),
  { maxLength: 25 },
);
const policy = fc.constantFrom("hold" as const, "revive" as const);

/** Each state of the books, from the first to the last. */
function tell(told: readonly Told[], latePayment: "hold" | "revive"): readonly Books[] {
  const pages = [emptyBooks(attempts)];
  for (const one of told) {
    const last = pages.at(-1);
    if (last !== undefined) pages.push(keep(last, one, latePayment));
  }
  return pages;
}

function endOf(pages: readonly Books[]): Books {
  return pages.at(-1) ?? emptyBooks(attempts);
}

describe("whatever is told of one order, in any order and repetition", () => {
  test("a payment that succeeded never becomes anything else", () => {
    fc.assert(
      fc.property(story, policy, (told, latePayment) => {
        const pages = tell(told, latePayment);

        for (const [index, page] of pages.entries()) {
          for (const [at, { status, transactionId }] of page.attempts.entries()) {
            if (status === "succeeded") {
              for (const later of pages.slice(index)) {
                expect(later.attempts[at]).toMatchObject({ status: "succeeded", transactionId });
              }
            }
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("the order is paid at most once, by at most one payment, and stays paid", () => {
    fc.assert(
      fc.property(story, policy, (told, latePayment) => {
        const pages = tell(told, latePayment);
        const end = endOf(pages);
        const firstPaid = pages.findIndex(({ order }) => order === "paid");

        expect(end.timesPaid).toBeLessThanOrEqual(1);
        expect(end.attempts.filter(({ effective }) => effective)).toHaveLength(end.order === "paid" ? 1 : 0);
        if (firstPaid !== -1) expect(pages.slice(firstPaid).every(({ order }) => order === "paid")).toBe(true);
      }),
      runs,
    );
  });

  test("every fen that came in is settled or booked for an exception: none is lost, none counts twice", () => {
    fc.assert(
      fc.property(story, policy, (told, latePayment) => {
        const end = endOf(tell(told, latePayment));
        const named = new Set(
          told.flatMap((one) =>
            one.kind === "notice" && one.notice.status === "succeeded" ? [one.notice.transactionId ?? ""] : [],
          ),
        );
        const settled = end.attempts.find(({ effective }) => effective)?.transactionId;
        const isExcepted = (transaction: string, at: number) =>
          end.exceptions.some((one) => one.transactionId === transaction && one.attempt === at);
        const moneyIn = [...named].reduce((sum, transaction) => sum + (amountOf[transaction] ?? 0), 0);
        let accounted = 0;
        for (const [transaction, { attempt: at, amountMinor }] of end.receipts) {
          if (transaction === settled) accounted += amountMinor;
          if (isExcepted(transaction, at)) accounted += amountMinor;
        }

        expect(new Set(end.receipts.keys())).toEqual(named);
        expect(accounted).toBe(moneyIn);
      }),
      runs,
    );
  });

  test("no transaction makes two payments succeed", () => {
    fc.assert(
      fc.property(story, policy, (told, latePayment) => {
        const used = endOf(tell(told, latePayment)).attempts.flatMap(({ transactionId }) => transactionId ?? []);

        expect(new Set(used).size).toBe(used.length);
      }),
      runs,
    );
  });

  test("telling all of it once more moves neither the order nor a payment nor the book", () => {
    fc.assert(
      fc.property(story, fc.constantFrom("hold" as const), (told, latePayment) => {
        const notices = told.filter(({ kind }) => kind === "notice");
        const once = endOf(tell([...notices, { kind: "cancel" }], latePayment));
        const twice = endOf(tell([...notices, { kind: "cancel" }, ...notices], latePayment));
        const money = ({ attempts: all, receipts }: Books) => [
          all.map(({ status, transactionId }) => (status === "succeeded" ? transactionId : undefined)).toSorted(),
          [...receipts].toSorted(),
        ];

        expect(twice.order).toBe(once.order);
        expect(money(twice)).toEqual(money(once));
      }),
      runs,
    );
  });

  test("a success that the order waits for is settled, whatever came before it but a cancellation", () => {
    fc.assert(
      fc.property(fc.array(progress, { maxLength: 15 }), attempt, (told, at) => {
        const last: Told = {
          kind: "notice",
          attempt: at,
          notice: { status: "succeeded", amountMinor: priceMinor, currency: "CNY", transactionId: "T9" },
        };

        const end = endOf(tell([...told, last], "hold"));

        expect(end.order).toBe("paid");
        expect(end.attempts[at]).toMatchObject({ status: "succeeded", effective: true, transactionId: "T9" });
      }),
      runs,
    );
  });
});
