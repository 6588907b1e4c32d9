import {
  Decimal,
  type MoneyException,
  type Notice,
  type OrderState,
  type PaymentState,
  fromMinor,
  isOpen,
  rule,
} from "../../src/index.ts";

/** What is told of one order, one thing after the other. */
export type Told =
  | {
      readonly kind: "notice";
      readonly attempt: number;
      readonly notice: Pick<Notice, "status" | "amountMinor" | "currency" | "transactionId">;
    }
  | { readonly kind: "cancel" };

export type Attempt = {
  readonly status: PaymentState;
  readonly transactionId: string | undefined;
  readonly effective: boolean;
};

/** An order, its attempts and its book of money: what the database holds, as plain values. */
export type Books = {
  readonly order: OrderState;
  readonly timesPaid: number;
  readonly attempts: readonly Attempt[];
  /** Transaction → the attempt it was first named for, and its fen. */
  readonly receipts: ReadonlyMap<string, { readonly attempt: number; readonly amountMinor: number }>;
  readonly exceptions: readonly {
    readonly kind: MoneyException;
    readonly attempt: number;
    readonly transactionId: string;
  }[];
};

export const priceMinor = 3980;

export function emptyBooks(attempts: number): Books {
  return {
    order: "pending",
    timesPaid: 0,
    attempts: Array.from({ length: attempts }, () => ({ status: "init", transactionId: undefined, effective: false })),
    receipts: new Map(),
    exceptions: [],
  };
}

/** Folds one told thing into the books by the ruling alone: money is booked first, what it is for is decided second. */
export function keep(books: Books, told: Told, policy: "hold" | "revive"): Books {
  return told.kind === "cancel" ? cancel(books) : hear(books, told, policy);
}

function cancel(books: Books): Books {
  if (books.order !== "pending") return books;
  const attempts = books.attempts.map((attempt) =>
    isOpen(attempt.status) ? { ...attempt, status: "cancelled" as const } : attempt,
  );
  return { ...books, order: "cancelled", attempts };
}

function hear(books: Books, told: Extract<Told, { kind: "notice" }>, policy: "hold" | "revive"): Books {
  const { attempt: at, notice } = told;
  const attempt = books.attempts[at];
  if (attempt === undefined) throw new Error(`no attempt ${at}`);
  const transactionId = notice.transactionId ?? "";
  const receipts = new Map(books.receipts);
  if (notice.status === "succeeded" && !receipts.has(transactionId)) {
    receipts.set(transactionId, { attempt: at, amountMinor: notice.amountMinor });
  }
  const booked = { ...books, receipts };
  if (notice.status === "succeeded" && receipts.get(transactionId)?.attempt !== at) {
    return withException(booked, "surplus_payment", at, transactionId);
  }

  const facts = { ...attempt, amount: new Decimal(fromMinor(priceMinor)), currency: "CNY" };
  const ruling = rule({ status: books.order }, facts, notice);
  const succeeded = (effective: boolean) => withAttempt(booked, at, { status: "succeeded", transactionId, effective });
  switch (ruling.kind) {
    case "settle":
      return { ...succeeded(true), order: "paid", timesPaid: books.timesPaid + 1 };
    case "book": {
      if (ruling.exception === "late_payment" && policy === "revive") {
        return { ...succeeded(true), order: "paid", timesPaid: books.timesPaid + 1 };
      }
      const raised = ruling.raisesPayment ? succeeded(false) : booked;
      return withException(raised, ruling.exception, at, transactionId);
    }
    case "move":
      return withAttempt(booked, at, { ...attempt, status: ruling.path.at(-1) ?? attempt.status });
    case "repeat":
    case "outranked":
    case "puzzle":
      return booked;
  }
}

function withAttempt(books: Books, at: number, attempt: Attempt): Books {
  return { ...books, attempts: books.attempts.with(at, attempt) };
}

function withException(books: Books, kind: MoneyException, attempt: number, transactionId: string): Books {
  return { ...books, exceptions: [...books.exceptions, { kind, attempt, transactionId }] };
}
