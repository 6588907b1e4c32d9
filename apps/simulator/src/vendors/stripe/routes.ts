import { type Context, Hono } from "hono";

import { apiVersion } from "./api-version.ts";
import { requireOwnKey } from "./authorization.ts";
import { listBalanceTransactions, readBalanceTransaction } from "./calls/balance-transactions.ts";
import type { Call } from "./calls/call.ts";
import { listEvents, readEvent } from "./calls/events.ts";
import { cancelIntent, createIntent, listIntents, readIntent, searchIntents } from "./calls/intents.ts";
import { createRefund, listRefunds, readCharge, readRefund } from "./calls/refunds.ts";
import { createSession, expireSession, listSessions, readSession } from "./calls/sessions.ts";
import type { StripeHouse } from "./house.ts";
import { type Answered, type Answers, openAnswers } from "./idempotency.ts";
import { newId } from "./ids.ts";
import type { StripeObject } from "./objects/object.ts";
import { readParameters } from "./parameters.ts";
import { ParameterRefusal, Refusal, type StripeError } from "./refusal.ts";

const reads: Readonly<Record<string, Call>> = {
  "/v1/checkout/sessions": listSessions,
  "/v1/checkout/sessions/:id": readSession,
  "/v1/payment_intents": listIntents,
  "/v1/payment_intents/search": searchIntents,
  "/v1/payment_intents/:id": readIntent,
  "/v1/refunds": listRefunds,
  "/v1/refunds/:id": readRefund,
  "/v1/charges/:id": readCharge,
  "/v1/balance_transactions": listBalanceTransactions,
  "/v1/balance_transactions/:id": readBalanceTransaction,
  "/v1/events": listEvents,
  "/v1/events/:id": readEvent,
};

const writes: Readonly<Record<string, Call>> = {
  "/v1/checkout/sessions": createSession,
  "/v1/checkout/sessions/:id/expire": expireSession,
  "/v1/payment_intents": createIntent,
  "/v1/payment_intents/:id/cancel": cancelIntent,
  "/v1/refunds": createRefund,
};

/** Forms in, JSON out, every call under the account's key. */
export function routes(house: StripeHouse): Hono {
  const answers = openAnswers();
  const app = new Hono();
  for (const [path, call] of Object.entries(reads)) app.get(path, (c) => serve(c, () => read(house, c, call)));
  for (const [path, call] of Object.entries(writes)) {
    app.post(path, (c) => serve(c, () => write({ house, answers }, c, call)));
  }
  return app.all("*", (c) => serve(c, async () => unknownCall(house, c)));
}

type Reply = Answered & { readonly isReplayed?: boolean };

async function read(house: StripeHouse, c: Context, call: Call): Promise<Reply> {
  requireOwnKey(house, c.req.raw);
  const parameters = readParameters(new URL(c.req.url).search);
  return done(call(house, { parameters, id: c.req.param("id") ?? "", request: c.req.raw }));
}

/** The first answer to a key is the answer to it, whatever it was; only wrong parameters leave the key unused. */
async function write(
  { house, answers }: { readonly house: StripeHouse; readonly answers: Answers },
  c: Context,
  call: Call,
): Promise<Reply> {
  requireOwnKey(house, c.req.raw);
  const form = await c.req.text();
  const key = c.req.header("idempotency-key");
  const asked = key === undefined ? undefined : { key, call: pathOf(c), form, now: house.now() };
  const earlier = asked && answers.find(asked);
  if (earlier !== undefined) return { ...earlier, isReplayed: true };

  const reply = attempt(() =>
    call(house, { parameters: readParameters(form), id: c.req.param("id") ?? "", request: c.req.raw }),
  );
  if (asked !== undefined) answers.keep(asked, reply);
  return reply;
}

function attempt(call: () => StripeObject): Reply {
  try {
    return done(call());
  } catch (error) {
    if (error instanceof Refusal && !(error instanceof ParameterRefusal)) return refused(error);
    throw error;
  }
}

function unknownCall(house: StripeHouse, c: Context): never {
  requireOwnKey(house, c.req.raw);
  throw new Refusal(404, {
    type: "invalid_request_error",
    message: `Unrecognized request URL (${c.req.method}: ${pathOf(c)}).`,
  });
}

async function serve(c: Context, answer: () => Promise<Reply>): Promise<Response> {
  const { status, body, requestId, isReplayed } = await answer().catch((error: unknown) => {
    if (error instanceof Refusal) return { ...refused(error), isReplayed: false };
    throw error;
  });
  const own = isReplayed ? newId("req") : requestId;
  const key = c.req.header("idempotency-key");
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/json",
      "request-id": own,
      "stripe-version": c.req.header("stripe-version") ?? apiVersion,
      ...(key === undefined ? {} : { "idempotency-key": key, "original-request": requestId }),
      ...(isReplayed ? { "idempotent-replayed": "true" } : {}),
      ...(status === 401 ? { "www-authenticate": 'Basic realm="Stripe"' } : {}),
    },
  });
}

function done(object: StripeObject): Reply {
  return replyOf(200, object);
}

function refused({ status, error }: { readonly status: number; readonly error: StripeError }): Reply {
  return replyOf(status, { error });
}

function replyOf(status: number, object: StripeObject): Reply {
  return { status, body: JSON.stringify(object, null, 2), requestId: newId("req") };
}

/** From `/v1` on, wherever the gateway is mounted. */
function pathOf(c: Context): string {
  const { pathname } = new URL(c.req.url);
  return pathname.slice(Math.max(pathname.indexOf("/v1/"), 0));
}
