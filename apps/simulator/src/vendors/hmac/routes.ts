import { Hono } from "hono";
import { z } from "zod";

import type { Call, CallAnswer } from "./call.ts";
import { failure } from "./call.ts";
import { close } from "./close.ts";
import type { HmacHouse } from "./house.ts";
import { pay } from "./pay.ts";
import { query } from "./query.ts";
import { readRequest } from "./read-request.ts";
import { refundQuery } from "./refund-query.ts";
import { refund } from "./refund.ts";
import { signFields } from "./signed-fields.ts";
import { statement } from "./statement.ts";

type Handling = { readonly status: 200 | 400; readonly answer: CallAnswer };
type Handler = (house: HmacHouse, fields: ReadonlyMap<string, string>, request: Request) => Handling;

const handlers: ReadonlyMap<string, Handler> = new Map([
  ["pay", handlerOf(pay)],
  ["query", handlerOf(query)],
  ["close", handlerOf(close)],
  ["refund", handlerOf(refund)],
  ["refund-query", handlerOf(refundQuery)],
  ["statement", handlerOf(statement)],
]);

/** Every call is posted as signed flat JSON and answered so; only a statement is a file. */
export function routes(house: HmacHouse): Hono {
  const { account } = house;
  return new Hono().post("/:call", async (c) => {
    const handler = handlers.get(c.req.param("call"));
    if (!handler) return c.json({ code: "FAIL", message: "no such call" }, 404);

    const now = house.now();
    const request = readRequest(await c.req.text(), account, now);
    if (!request.ok) {
      return c.json(signFields({ code: "FAIL", message: request.message }, account.secret, now), request.status);
    }
    const { status, answer } = handler(house, request.fields, c.req.raw);
    return answer.kind === "csv"
      ? c.body(answer.text, status, { "content-type": "text/csv; charset=utf-8" })
      : c.json(signFields(answer.fields, account.secret, now), status);
  });
}

/** Forgets the call's own input type: what comes in was parsed by the call's own schema. */
function handlerOf<Input>(call: Call<Input>): Handler {
  return (house, fields, request) => {
    const parsed = call.input.safeParse(Object.fromEntries(fields));
    return parsed.success
      ? { status: 200, answer: call.answer(house, parsed.data, request) }
      : { status: 400, answer: failure(z.prettifyError(parsed.error)) };
  };
}
