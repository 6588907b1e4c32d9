import {
  type Reconciliation,
  type ReconciliationDifference,
  payments,
  receipts,
  reconciliationDifferences,
  reconciliations,
  refunds,
  transact,
} from "@zhanggui/db";

import { askHowItStands } from "./ask-gateways.ts";
import { askingOf } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import type { Progress } from "./reconcile-statement.ts";
import { sendRefund } from "./send-refund.ts";

/** Differences that the gateway is asked about; more of them are no lost callbacks but another shop's file. */
const maximumAsked = 1_000;
const askedAtOnce = 5;

/**
 * Asks the gateway about money that only its statement tells of, and about refunds that it tells more of than we know.
 * Its signed answer takes the way of any other evidence; the statement itself proves nothing.
 */
export async function settleDifferences(
  engine: Engine,
  run: Reconciliation,
  progress?: (progress: Progress) => void,
): Promise<void> {
  const found = await reconciliationDifferences.page(engine.db, run.id, { limit: maximumAsked });
  const toAsk = found.filter(isAskable);
  for (let at = 0; at < toAsk.length; at += askedAtOnce) {
    progress?.({ step: "asking", asked: at, of: toAsk.length });
    await Promise.all(
      toAsk.slice(at, at + askedAtOnce).map((difference) => settleOne(engine, run.provider, difference)),
    );
    await reconciliations.beat(engine.db, run.id);
  }
}

function isAskable({ type, kind }: ReconciliationDifference): boolean {
  return type === "payment" ? kind === "missing_here" : kind === "state";
}

async function settleOne(engine: Engine, provider: string, difference: ReconciliationDifference): Promise<void> {
  const says =
    difference.type === "payment"
      ? await askAboutPayment(engine, provider, difference)
      : await askAboutRefund(engine, provider, difference);
  if (says !== undefined) await reconciliationDifferences.noteAsked(engine.db, difference.id, says);
}

async function askAboutPayment(
  engine: Engine,
  provider: string,
  { out_trade_no: outTradeNo, key: transactionId, theirs }: ReconciliationDifference,
): Promise<string | undefined> {
  const payment =
    outTradeNo === null ? undefined : await payments.findByOutTradeNo(engine.db, { provider, outTradeNo });
  const asking = payment && (await askingOf(engine, payment));
  if (asking === undefined) return undefined;
  const said = await askHowItStands(engine, asking);
  const booked = await receipts.find(engine.db, { provider, transactionId });
  if (booked?.amount === theirs) return "settled";
  return said.kind === "open" ? `not heard: ${said.why}` : said.kind;
}

async function askAboutRefund(
  engine: Engine,
  provider: string,
  { key: outRefundNo, their_status }: ReconciliationDifference,
): Promise<string | undefined> {
  const refund = await refunds.findByOutRefundNo(engine.db, { provider, outRefundNo });
  if (refund === undefined || refund.status === "succeeded" || refund.status === "failed") return undefined;
  await transact(engine.db, (tx) => refunds.askNow(tx, refund.id));
  const status = await sendRefund(engine, refund.id);
  return status === "succeeded" ? "settled" : `${status}, ${their_status ?? "unknown"} in the statement`;
}
