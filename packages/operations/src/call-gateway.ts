import { type GatewayAnswer, type Order, type Payment, gatewayQueries, orders, providerHealth } from "@zhanggui/db";
import { type Account, type Attempt, type CloseAnswer, type QueryAnswer, gatewayOf } from "@zhanggui/gateways";

import { attemptOf } from "./attempt.ts";
import type { Engine } from "./engine.ts";

/** An attempt, and the account through which its gateway is asked about it. */
export type Asking = { readonly payment: Payment; readonly account: Account; readonly attempt: Attempt };

/** What a gateway answered, and the row of `gateway_queries` that keeps it. */
export type Heard<Answer> = { readonly answer: Answer; readonly evidence?: string };

/** Whether the provider's gateway can be asked about its payments today. */
export function isCallable({ providers }: Pick<Engine, "providers">, provider: string): boolean {
  const account = providers.get(provider);
  return account !== undefined && gatewayOf(account).calls.isCallable(account);
}

/** How to ask about a payment; `undefined` when its provider is not called. */
export async function askingOf(engine: Engine, payment: Payment): Promise<Asking | undefined> {
  const account = engine.providers.get(payment.provider);
  if (account === undefined || !gatewayOf(account).calls.isCallable(account)) return undefined;
  const order: Order | undefined = await orders.find(engine.db, payment.order_id);
  if (order === undefined) throw new Error(`payment ${payment.id} has no order`);
  return { payment, account, attempt: attemptOf(payment, order) };
}

/** Asks a gateway how a payment stands. Calls out, so never inside a transaction. */
export async function callQuery(engine: Engine, asking: Asking): Promise<Heard<QueryAnswer>> {
  const { account, attempt } = asking;
  return call(engine, asking, {
    name: "query",
    ask: () => gatewayOf(account).calls.query(account, attempt, engine.outside),
    says: (answer) => (answer.kind === "found" ? answer.notice.rawStatus : undefined),
  });
}

/** Asks a gateway to take no more money for a payment. Calls out, so never inside a transaction. */
export async function callClose(engine: Engine, asking: Asking): Promise<Heard<CloseAnswer>> {
  const { account, attempt } = asking;
  return call(engine, asking, {
    name: "close",
    ask: () => gatewayOf(account).calls.close(account, attempt, engine.outside),
    says: () => undefined,
  });
}

type Call<Answer> = {
  readonly name: "query" | "close";
  readonly ask: () => Promise<Answer>;
  readonly says: (answer: Answer) => string | undefined;
};

type Unheard = { readonly kind: "unknown"; readonly why: string };
type Answered = { readonly kind: Exclude<GatewayAnswer, "unknown"> } | Unheard;

/** A provider that has not answered for long is not called: each call would hold a place for seconds, in vain. */
async function call<Answer extends Answered>(
  engine: Engine,
  { payment }: Asking,
  { name, ask, says }: Call<Answer>,
): Promise<Heard<Answer | Unheard>> {
  const { db, outside } = engine;
  if (!(await providerHealth.admit(db, payment.provider))) {
    return { answer: { kind: "unknown", why: "the gateway has not answered for a while" } };
  }
  const startedAt = outside.now().getTime();
  const answer = await ask();
  const ms = outside.now().getTime() - startedAt;
  if (answer.kind === "unknown") await providerHealth.noteUnknown(db, payment.provider);
  else await providerHealth.noteAnswer(db, payment.provider);
  const written = await gatewayQueries.write(db, {
    paymentId: payment.id,
    call: name,
    answer: answer.kind,
    says: answer.kind === "unknown" ? answer.why : says(answer),
    ms,
  });
  return { answer, evidence: `gateway_query:${written}` };
}
