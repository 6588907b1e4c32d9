import {
  type Reconciliation,
  type ReconciliationDifference,
  type Tx,
  audit,
  exceptions,
  orders,
  reconciliationDifferences,
  reconciliations,
  transact,
} from "@zhanggui/db";
import type { ExceptionKind } from "@zhanggui/domain";

import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";

/** Cases that one run opens. A person who finds more than these has one mistake to mend, not a thousand. */
const maximumCases = 1_000;
const pageSize = 200;

/** Opens a case for each difference that nothing has settled, or names the one that is open about the same thing. */
export async function openCases(engine: Engine, run: Reconciliation): Promise<void> {
  const { db } = engine;
  let after: string | undefined;
  for (let seen = 0; seen < maximumCases; seen += pageSize) {
    const page = await reconciliationDifferences.page(db, run.id, { after, limit: pageSize });
    for (const difference of page) {
      if (difference.asked === "settled") continue;
      await transact(db, (tx) => openCase(tx, run, difference));
    }
    after = page.at(-1)?.id;
    if (page.length < pageSize) return;
    await reconciliations.beat(db, run.id);
  }
  engine.log.warn({ reconciliationId: run.id, maximumCases }, "more differences than cases were opened for");
}

/** The contract's kinds; a subject is what elsewhere is told of the same transaction or refund. */
function kindOf({ type, kind }: ReconciliationDifference): ExceptionKind {
  if (kind === "amount") return "amount_mismatch";
  if (type === "refund") return "refund_unknown";
  return kind === "missing_here" ? "unmatched_payment" : "unknown_status";
}

function subjectOf({ provider }: Reconciliation, { type, key }: ReconciliationDifference): string {
  return `${type === "payment" ? "transaction" : "refund"}:${provider}:${key}`;
}

async function openCase(tx: Tx, run: Reconciliation, difference: ReconciliationDifference): Promise<void> {
  const { order_id: orderId, payment_id: paymentId } = difference;
  // The order first, as everywhere: who settles its money holds it.
  if (orderId !== null) await orders.lock(tx, orderId);
  const subject = subjectOf(run, difference);
  const known = await reconciliationDifferences.openCaseOf(tx, subject);
  if (known !== undefined) return reconciliationDifferences.noteCase(tx, difference.id, known, false);

  const kind = kindOf(difference);
  const amount = difference.theirs ?? difference.ours ?? undefined;
  const id = newId("exc");
  const isNew = await exceptions.open(tx, {
    id,
    subject,
    kind,
    orderId: orderId ?? undefined,
    paymentId: paymentId ?? undefined,
    callbackId: undefined,
    evidence: run.id,
    amount,
    detail: JSON.stringify(detailOf(run, difference)),
  });
  const opened = isNew ? id : await reconciliationDifferences.reopenCase(tx, { kind, subject });
  // A person has decided on it before: the difference stays, the case too.
  if (opened === undefined) return;
  await reconciliationDifferences.noteCase(tx, difference.id, opened, true);
  await audit.write(tx, [
    {
      actor: "system:reconciliation",
      action: isNew ? "exception.open" : "exception.reopen",
      entity: "exception",
      entityId: opened,
      orderId: orderId ?? undefined,
      after: { kind, amount: amount ?? null },
      evidence: run.id,
    },
  ]);
}

function detailOf(run: Reconciliation, difference: ReconciliationDifference) {
  const { kind, out_trade_no, transaction_id, ours, theirs, our_status, their_status, line, asked } = difference;
  return {
    reconciliation: run.id,
    day: run.day,
    difference: kind,
    outTradeNo: out_trade_no,
    transactionId: transaction_id,
    ours,
    theirs,
    ourStatus: our_status,
    theirStatus: their_status,
    line,
    asked,
  };
}
