import { z } from "@hono/zod-openapi";
import type { Reconciliation, ReconciliationDifference } from "@zhanggui/db";

const totalSchema = z.object({ count: z.int(), amount: z.string() });

export const reconciliationSchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    date: z.string(),
    source: z.enum(["downloaded", "file", "query"]),
    state: z.enum(["waiting", "running", "matched", "differences", "failed"]),
    askedBy: z.string(),
    reason: z.string().optional(),
    lines: z.int(),
    others: z.int(),
    unreadable: z.int(),
    unreadableLines: z.array(z.object({ number: z.int(), why: z.string() })),
    repeats: z.int(),
    pending: z.int(),
    differences: z.int(),
    totals: z.array(
      z.object({
        type: z.enum(["payment", "refund"]),
        currency: z.string(),
        ours: totalSchema,
        theirs: totalSchema,
        fee: z.string(),
      }),
    ),
    tries: z.int(),
    error: z.string().optional(),
    nextTryAt: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
  })
  .openapi("Reconciliation");

export const differenceSchema = z
  .object({
    id: z.string(),
    type: z.enum(["payment", "refund"]),
    kind: z.enum(["missing_here", "missing_there", "amount", "state"]),
    key: z.string().openapi({ description: "The gateway's number of the payment, or our number of the refund." }),
    outTradeNo: z.string().optional(),
    transactionId: z.string().optional(),
    orderId: z.string().optional(),
    paymentId: z.string().optional(),
    ours: z.string().optional(),
    theirs: z.string().optional(),
    currency: z.string(),
    ourStatus: z.string().optional(),
    theirStatus: z.string().optional(),
    line: z.int().optional(),
    asked: z.string().optional().openapi({ description: "What the gateway said when it was asked." }),
    exceptionId: z.string().optional(),
  })
  .openapi("ReconciliationDifference");

export function viewReconciliation(run: Reconciliation): z.infer<typeof reconciliationSchema> {
  const { id, provider, source, state, lines, others, unreadable, repeats, pending, differences, tries } = run;
  return {
    id,
    provider,
    date: run.day,
    source,
    state,
    askedBy: run.asked_by,
    ...present({ reason: run.reason }),
    lines,
    others,
    unreadable,
    unreadableLines: [...run.unreadable_lines],
    repeats,
    pending,
    differences,
    totals: [...run.totals],
    tries,
    ...present({ error: run.error }),
    ...present({ nextTryAt: run.next_try_at?.toISOString() }),
    createdAt: run.created_at.toISOString(),
    ...present({ startedAt: run.started_at?.toISOString(), finishedAt: run.finished_at?.toISOString() }),
  };
}

export function viewDifference(difference: ReconciliationDifference): z.infer<typeof differenceSchema> {
  const { id, type, kind, key, currency, ours, theirs, line, asked } = difference;
  return {
    id,
    type,
    kind,
    key,
    currency,
    ...present({ ours, theirs, asked }),
    ...(line === null ? {} : { line }),
    ...present({
      outTradeNo: difference.out_trade_no,
      transactionId: difference.transaction_id,
      orderId: difference.order_id,
      paymentId: difference.payment_id,
      ourStatus: difference.our_status,
      theirStatus: difference.their_status,
      exceptionId: difference.exception_id,
    }),
  };
}

/** Leaves out what is not there, as every answer does. */
function present<Name extends string>(fields: { readonly [N in Name]: string | null | undefined }): {
  readonly [N in Name]?: string;
} {
  const there = Object.entries<string | null | undefined>(fields).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets the names it was given.
  return Object.fromEntries(there) as { readonly [N in Name]?: string };
}
