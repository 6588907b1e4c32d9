import { type Reconciliation, type ReconciliationSource, audit, reconciliations, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { type Account, StatementError, type StatementFormat, beijingDay, gatewayOf } from "@zhanggui/gateways";

import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";
import { reconcileByQuery } from "./reconcile-by-query.ts";
import { type Progress, reconcileStatement } from "./reconcile-statement.ts";
import { type StatementDay, dayAt, dayBefore, statementDay } from "./statement-day.ts";

/** Whose day, and what it is compared with. */
export type DayToReconcile = {
  readonly provider: string;
  /** `yyyy-mm-dd` of the gateway's own day; unset: yesterday, or today by query. */
  readonly date?: string | undefined;
  readonly source: ReconciliationSource;
};

export type ReconcileRequest = DayToReconcile & {
  /** The statement, where somebody has brought one. */
  readonly file?: AsyncIterable<Uint8Array> | undefined;
  readonly askedBy: string;
  readonly reason?: string | undefined;
};

/** A run that has ended, as its row says: also one that has failed. */
export type Reconciled =
  | { readonly kind: "done"; readonly run: Reconciliation }
  /** Whether it can be tried again later. */
  | { readonly kind: "not_done"; readonly run: Reconciliation; readonly why: string; readonly isFinal: boolean };

/** A provider's day that can be reconciled. */
export type ReadyDay = {
  readonly provider: string;
  readonly account: Account;
  readonly format: StatementFormat<Account> | undefined;
  readonly day: StatementDay;
  readonly source: ReconciliationSource;
};

/**
 * Compares a provider's day with our book: by its statement, downloaded or brought, or by asking about each of its
 * payments and refunds. What differs becomes a case; what a gateway's signed answer explains is settled by that answer.
 * Nothing of a statement is written into the book.
 *
 * @throws Fault `unknown_provider`, `invalid_input`, `gateway_not_callable`; `invalid_transition` while the day is being
 *   reconciled by somebody else.
 */
export async function reconcile(
  engine: Engine,
  request: ReconcileRequest,
  progress?: (progress: Progress) => void,
): Promise<Reconciled> {
  const ready = readyDay(engine, request);
  const run = await reconciliations.begin(engine.db, {
    id: newId("rec"),
    provider: ready.provider,
    day: ready.day.day,
    source: ready.source,
    askedBy: request.askedBy,
    reason: request.reason,
  });
  if (run === undefined) {
    throw new Fault("invalid_transition", {
      provider: ready.provider,
      day: ready.day.day,
      why: "it is being reconciled",
    });
  }
  const reconciled = await carryOut(engine, { ready, run, file: request.file, progress });
  return reconciled.kind === "done"
    ? reconciled
    : { ...reconciled, run: await reconciliations.fail(engine.db, run.id, reconciled.why) };
}

/**
 * Writes down that a day is to be reconciled; a worker does it.
 *
 * @throws Fault as `reconcile`.
 */
export async function requestReconciliation(
  engine: Engine,
  request: DayToReconcile & { readonly askedBy: string; readonly reason: string | undefined },
): Promise<Reconciliation> {
  const { provider, day, source } = readyDay(engine, request);
  const { askedBy, reason } = request;
  return transact(engine.db, async (tx) => {
    const asked = { id: newId("rec"), provider, day: day.day, source, askedBy, reason };
    const run = await reconciliations.ask(tx, asked);
    await audit.write(tx, [
      {
        actor: askedBy,
        action: "reconciliation.request",
        entity: "reconciliation",
        entityId: run.id,
        after: { provider, day: run.day, source },
        reason,
      },
    ]);
    return run;
  });
}

export function readyDay(engine: Engine, { provider, date, source }: DayToReconcile): ReadyDay {
  const account = engine.providers.get(provider);
  if (account === undefined) throw new Fault("unknown_provider", { provider });
  const format = gatewayOf(account).statementFormat;
  if (source !== "file" && !isCallable(engine, provider)) throw new Fault("gateway_not_callable", { provider });
  if (source !== "query" && format === undefined) {
    throw new Fault("gateway_not_callable", { provider, why: "its gateway has no statements" });
  }
  const now = engine.outside.now();
  const cut = format ?? beijingDay;
  const wanted = date ?? (source === "query" ? dayAt(now, cut) : dayBefore(now, cut));
  const day = statementDay(wanted, cut);
  if (day === undefined || day.from > now) throw new Fault("invalid_input", { date: wanted });
  return { provider, account, format, day, source };
}

type CarryOut = {
  readonly ready: ReadyDay;
  readonly run: Reconciliation;
  readonly file?: AsyncIterable<Uint8Array> | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
};

/** Does what a running row says. The caller decides what becomes of one that could not be done. */
export async function carryOut(engine: Engine, { ready, run, file, progress }: CarryOut): Promise<Reconciled> {
  const notDone = (why: string, isFinal: boolean): Reconciled => ({ kind: "not_done", run, why, isFinal });
  if (ready.source === "query") {
    const asked = await reconcileByQuery(engine, ready, run, progress);
    return asked.kind === "done" ? asked : notDone(asked.why, false);
  }
  const { account, day } = ready;
  let statement = file;
  if (statement === undefined) {
    if (ready.source === "file") return notDone("the file is gone", true);
    const answer = await gatewayOf(account).calls.statement(account, day.day, engine.outside);
    if (answer.kind !== "downloaded")
      return notDone(`${answer.kind === "not_ready" ? "not ready" : "not heard"}: ${answer.why}`, false);
    statement = answer.file;
  }
  try {
    return { kind: "done", run: await reconcileStatement(engine, { ready, run, file: whole(statement), progress }) };
  } catch (error) {
    if (error instanceof StatementError) return notDone(error.message, ready.source === "file");
    throw error;
  }
}

/** Half a file is none: a connection that broke, or a digest that does not agree, is the file's fault. */
async function* whole(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* file;
  } catch (error) {
    throw new StatementError(`the file broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
}
