import {
  type Db,
  type payments as paymentQueries,
  audit,
  exceptions,
  isDatabaseUnavailable,
  orders,
  payments,
  providerHealth,
  transact,
} from "@zhanggui/db";

import { type AtGateway, type Word, askHowItStands, endAtGateway } from "./ask-gateways.ts";
import { askingOf, isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";
import { followUpInSeconds, pollInSeconds } from "./query-ladder.ts";
import { watchSilence } from "./silence.ts";

/** Payments of one provider that are asked about at the same time, by all workers together. */
const callsAtOnce = 10;
/** Longer than the three calls of one payment, each of which gives up by itself. */
const leaseSeconds = 60;
/** A run goes on while there is more, so that it is the gateway's pace that counts and not the queue's. */
const maximumRounds = 50;
const runLimitMs = 10_000;
/** An attempt whose account was taken out of the providers while it was to be asked about waits for its return. */
const withoutAccountSeconds = 600;

type Asked = paymentQueries.Asked;

/** How many payments were asked about. */
export type Queried = { readonly asked: number };

/**
 * Asks the gateways about every attempt whose time has come: open ones, so that money is found without its callback,
 * and ended ones that their gateways have not closed. What a gateway answers is written as evidence; "not found" and
 * silence decide nothing.
 *
 * Each provider has its own few places, so one that hangs holds up no other. Called as often as anybody likes, by as
 * many workers as there are: which payments are due, and who asks about them, is decided in Postgres.
 */
export async function queryPayments(engine: Engine): Promise<Queried> {
  await watchSilence(engine);
  const callable = [...engine.providers.keys()].filter((provider) => isCallable(engine, provider));
  const due = await payments.providersToQuery(engine.db, callable);
  const asked = await Promise.all(due.map((provider) => queryProvider(engine, provider)));
  return { asked: asked.reduce((sum, some) => sum + some, 0) };
}

async function queryProvider(engine: Engine, provider: string): Promise<number> {
  const { db, outside } = engine;
  const endsAt = outside.now().getTime() + runLimitMs;
  let asked = 0;
  for (let round = 0; round < maximumRounds && outside.now().getTime() < endsAt; round += 1) {
    const claimed = await claim(db, provider);
    if (claimed.length === 0) break;
    const isSilent = ((await providerHealth.find(db, provider))?.silent_since ?? null) !== null;
    await Promise.all(claimed.map((payment) => queryOne(engine, payment, isSilent)));
    asked += claimed.length;
  }
  return asked;
}

function claim(db: Db, provider: string): Promise<Asked[]> {
  return transact(db, async (tx) => {
    const atOnce = await providerHealth.lockPlaces(tx, provider, callsAtOnce);
    return atOnce === 0 ? [] : payments.claimDueQueries(tx, { provider, atOnce, leaseSeconds });
  });
}

/** One payment that fails must not keep the others from their turn; its claim runs out and it is asked about again. */
async function queryOne(engine: Engine, payment: Asked, isSilent: boolean): Promise<void> {
  try {
    if (isPayable(payment)) await poll(engine, payment, isSilent);
    else await followUp(engine, payment);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    engine.log.error({ paymentId: payment.id, err: error }, "a payment could not be asked about");
  }
}

/** A buyer whose attempt failed may try again under the same number as long as its order waits for money. */
function isPayable({ status, is_awaited }: Asked): boolean {
  return status === "processing" || (status === "failed" && is_awaited);
}

async function poll(engine: Engine, payment: Asked, isSilent: boolean): Promise<void> {
  const asking = await askingOf(engine, payment);
  const said: AtGateway | undefined = asking && (await askHowItStands(engine, asking));
  await payments.noteQuery(engine.db, payment, {
    answer: said === undefined ? "not asked" : describe(said),
    nextInSeconds:
      said === undefined ? withoutAccountSeconds : pollInSeconds({ ageSeconds: payment.started_seconds, isSilent }),
    leftOpen: false,
  });
}

function describe(said: AtGateway | Word): string {
  switch (said.kind) {
    case "closed":
    case "unpaid":
    case "paying":
      return said.says;
    case "open":
    case "unopened":
      return said.why;
    case "paid":
    case "not_found":
      return said.kind;
  }
}

/** An attempt that ended here: it is to end at its gateway as well, and money that was paid all the same is late. */
async function followUp(engine: Engine, payment: Asked): Promise<void> {
  const word = await finalWord(engine, payment);
  const isOver = word.kind === "closed" || word.kind === "paid";
  await transact(engine.db, async (tx) => {
    await orders.lock(tx, payment.order_id);
    await payments.noteQuery(tx, payment, {
      answer: describe(word),
      nextInSeconds: isOver ? undefined : followUpInSeconds(payment.closed_seconds),
      leftOpen: word.kind === "open" && payment.left_open,
    });
    if (await payments.isAnyLeftOpen(tx, payment.order_id)) return;
    await closeCase(tx, payment.order_id, describe(word));
  });
}

async function finalWord(engine: Engine, payment: Asked): Promise<Word> {
  if (payment.status === "succeeded") return { kind: "closed", says: "succeeded" };
  const asking = await askingOf(engine, payment);
  return asking === undefined
    ? { kind: "open", why: "its provider is not called any more" }
    : endAtGateway(engine, asking, true);
}

/** The case of a gateway that could not be heard comes right when every attempt of the order was heard after all. */
async function closeCase(tx: Parameters<typeof orders.lock>[0], orderId: string, says: string): Promise<void> {
  const closed = await exceptions.settleBySubject(tx, { kind: "gateway_unreachable", subject: `order:${orderId}` });
  if (closed === undefined) return;
  await audit.write(tx, [
    {
      actor: "system:query",
      action: "exception.resolve",
      entity: "exception",
      entityId: closed,
      orderId,
      before: { state: "open" },
      after: { state: "resolved" },
      reason: `the gateway was heard: ${says}`,
    },
  ]);
}
