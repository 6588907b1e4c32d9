import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";

import type { PlayedAccounts } from "../accounts.ts";
import { signFields } from "../signed-fields.ts";
import type { Call, CallAnswer, CallDeps, Caller } from "./call.ts";
import { failure } from "./call.ts";
import { close } from "./close.ts";
import { pay } from "./pay.ts";
import { query } from "./query.ts";
import { readRequest } from "./read-request.ts";
import { refundQuery } from "./refund-query.ts";
import { refund } from "./refund.ts";
import { statement } from "./statement.ts";

const maximumBodyBytes = 65_536;

type Handling = { readonly status: 200 | 400; readonly answer: CallAnswer };
type Handler = (deps: CallDeps, caller: Caller, fields: ReadonlyMap<string, string>) => Handling;

const handlers: ReadonlyMap<string, Handler> = new Map([
  ["pay", handlerOf(pay)],
  ["query", handlerOf(query)],
  ["close", handlerOf(close)],
  ["refund", handlerOf(refund)],
  ["refund-query", handlerOf(refundQuery)],
  ["statement", handlerOf(statement)],
]);

/** The gateway's side of the contract's `hmac` scheme: `/gateways/:provider` is the account's `baseUrl`. */
export function gatewayRoutes(deps: CallDeps & { readonly accounts: PlayedAccounts }) {
  return new Hono().post("/:provider/:call", bodyLimit({ maxSize: maximumBodyBytes }), async (c) => {
    const provider = c.req.param("provider");
    const account = deps.accounts.get(provider);
    const handler = handlers.get(c.req.param("call"));
    if (!account || !handler) return c.json({ code: "FAIL", message: "no such provider or call" }, 404);

    const now = deps.now();
    const request = readRequest(await c.req.text(), account, now);
    if (!request.ok) {
      return c.json(signFields({ code: "FAIL", message: request.message }, account.secret, now), request.status);
    }
    const caller = { provider, origin: new URL(c.req.url).origin };
    const { status, answer } = handler(deps, caller, request.fields);
    return answer.kind === "csv"
      ? c.body(answer.text, status, { "content-type": "text/csv; charset=utf-8" })
      : c.json(signFields(answer.fields, account.secret, now), status);
  });
}

/** Forgets the call's own input type: what comes in was parsed by the call's own schema. */
function handlerOf<Input>(call: Call<Input>): Handler {
  return (deps, caller, fields) => {
    const parsed = call.input.safeParse(Object.fromEntries(fields));
    return parsed.success
      ? { status: 200, answer: call.answer(deps, caller, parsed.data) }
      : { status: 400, answer: failure(z.prettifyError(parsed.error)) };
  };
}
