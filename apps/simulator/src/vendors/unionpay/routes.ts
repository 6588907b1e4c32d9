import { Hono } from "hono";

import { type Service, writeAnswer } from "./answer.ts";
import { backTrans } from "./back-trans.ts";
import { fileDownload } from "./file-download.ts";
import { front } from "./front.ts";
import type { UnionpayHouse } from "./house.ts";
import { query } from "./query.ts";
import { readRequest } from "./read-request.ts";

const services: ReadonlyMap<string, Service> = new Map([
  ["backTransReq.do", backTrans],
  ["queryTrans.do", query],
  ["fileDownload.do", fileDownload],
]);

/** What a merchant's server asks is answered with 200 and a signed code; the buyer's browser gets pages. */
export function routes(house: UnionpayHouse): Hono {
  return new Hono().route("/gateway/api", front(house)).post("/gateway/api/:service", async (c) => {
    const service = services.get(c.req.param("service"));
    if (service === undefined) return c.text("no such service", 404);
    const request = readRequest(await c.req.text(), house);
    const reply = request.ok ? await service(house, request.fields) : { code: request.code };
    return c.body(writeAnswer(house, request.fields, reply), 200, { "content-type": "text/html;charset=UTF-8" });
  });
}
