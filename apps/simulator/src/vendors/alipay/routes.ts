import { type Context, Hono } from "hono";
import { z } from "zod";

import { type Answer, failure, invalid, signedBody, unsignedBody } from "./answer.ts";
import { billArchive } from "./bill-archive.ts";
import { billUrl, readBillAddress } from "./bill-url.ts";
import type { Call, CallAnswer } from "./call.ts";
import { cancel } from "./cancel.ts";
import { close } from "./close.ts";
import type { AlipayHouse } from "./house.ts";
import { page, precreate } from "./pay.ts";
import { query } from "./query.ts";
import { type Asked, readRequest } from "./read-request.ts";
import { refundQuery } from "./refund-query.ts";
import { refund } from "./refund.ts";
import { returnAddress } from "./return-page.ts";

type Handler = (house: AlipayHouse, asked: Asked) => CallAnswer;

const pages: ReadonlySet<string> = new Set(["alipay.trade.page.pay", "alipay.trade.wap.pay"]);

const handlers: ReadonlyMap<string, Handler> = new Map([
  ["alipay.trade.precreate", handlerOf(precreate)],
  ["alipay.trade.page.pay", handlerOf(page)],
  ["alipay.trade.wap.pay", handlerOf(page)],
  ["alipay.trade.query", handlerOf(query)],
  ["alipay.trade.close", handlerOf(close)],
  ["alipay.trade.cancel", handlerOf(cancel)],
  ["alipay.trade.refund", handlerOf(refund)],
  ["alipay.trade.fastpay.refund.query", handlerOf(refundQuery)],
  ["alipay.data.dataservice.bill.downloadurl.query", handlerOf(billUrl)],
]);

/** One address takes every method; the account's `baseUrl` is that address, with `gateway.do` or without. */
export function routes(house: AlipayHouse): Hono {
  return new Hono()
    .on(["GET", "POST"], ["/", "/gateway.do"], (c) => answerCall(c, house))
    .get("/downloadBillFile.resource", async (c) => {
      const date = readBillAddress(house, new URL(c.req.url).searchParams);
      if (date === undefined) return c.text("the address is not good, or no longer", 403);
      return c.body(await billArchive(house, date), 200, { "content-type": "application/zip" });
    })
    .get("/return.htm", (c) => {
      const address = returnAddress(house, c.req.query("out_trade_no") ?? "");
      return address === undefined ? c.notFound() : c.redirect(address);
    });
}

/** Whatever the answer, the status is 200; only a browser that cannot be led on is told so in plain words. */
async function answerCall(c: Context, house: AlipayHouse): Promise<Response> {
  const reading = await readRequest(c.req.raw, house.account);
  const answer = reading.ok ? answerTo(house, reading.asked) : reading.answer;
  if ("location" in answer) return c.redirect(answer.location);

  const { method, charset } = (reading.ok ? reading.asked : reading.signFor) ?? {};
  if (method === undefined || charset === undefined || !handlers.has(method)) return jsonResponse(unsignedBody(answer));
  if (pages.has(method)) return c.text(`${answer.sub_code}: ${answer.sub_msg}`, 400);
  return jsonResponse(signedBody(method, answer, { charset, key: house.keys.alipayPrivateKey }), charset);
}

function answerTo(house: AlipayHouse, asked: Asked): CallAnswer {
  return handlers.get(asked.method)?.(house, asked) ?? invalid("method");
}

/** `text/html` is what Alipay says of its JSON. */
function jsonResponse(body: Buffer, charset = "utf-8"): Response {
  return new Response(new Uint8Array(body), { headers: { "content-type": `text/html;charset=${charset}` } });
}

/** Forgets the call's own input type: what comes in was parsed by the call's own schema. */
function handlerOf<Input>(call: Call<Input>): Handler {
  return (house, asked) => {
    const parsed = call.input.safeParse(readJson(asked.bizContent));
    return parsed.success ? call.answer(house, parsed.data, asked) : badInput(parsed.error);
  };
}

function badInput(error: z.ZodError): Answer {
  return failure("ACQ.INVALID_PARAMETER", z.prettifyError(error));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
