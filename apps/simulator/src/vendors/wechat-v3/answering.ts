import { randomUUID } from "node:crypto";

import type { Context } from "hono";

import { authorizationProblem } from "./authorization.ts";
import type { WechatHouse } from "./house.ts";
import { answeringKey } from "./platform-keys.ts";
import { type Reply, paramError, refused } from "./reply.ts";
import { signatureHeaders } from "./signature.ts";

/** An authentic call, its JSON body read; `undefined` where there is none, or where it is no JSON. */
export type Asked = {
  readonly body: unknown;
  readonly query: Readonly<Record<string, string>>;
  readonly path: Readonly<Record<string, string>>;
  readonly request: Request;
};

/** Checks the call's signature, has it answered, and signs the answer. */
export function answering(house: WechatHouse, answer: (asked: Asked) => Reply) {
  return async (c: Context): Promise<Response> => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const unauthentic = refusalOf(house, c, bytes);
    if (unauthentic !== undefined) return unauthentic;

    const asked: Asked = { body: jsonOf(bytes), query: c.req.query(), path: c.req.param(), request: c.req.raw };
    const key = answeringKey(house.keys, c.req.header("wechatpay-serial"));
    if (key !== undefined) return respond(answer(asked), (body) => signatureHeaders(key, body, house.now()));

    const known = answeringKey(house.keys, undefined);
    const reply = paramError("Wechatpay-Serial", "平台证书序列号Wechatpay-Serial错误");
    return respond(reply, (body) => (known === undefined ? {} : signatureHeaders(known, body, house.now())));
  };
}

/** The refusal of a call that the merchant did not sign. It is not signed itself: nobody knows who asked. */
export function refusalOf(house: WechatHouse, c: Context, body: Uint8Array): Response | undefined {
  const { method, url } = c.req;
  const authorization = c.req.header("authorization") ?? "";
  const problem = authorizationProblem(house.account, { method, url, authorization, body }, house.now());
  return problem === undefined ? undefined : respond(refused(401, "SIGN_ERROR", problem), () => ({}));
}

function respond({ status, said }: Reply, sign: (body: string) => Readonly<Record<string, string>>): Response {
  const body = said === undefined ? "" : JSON.stringify(said);
  return new Response(body === "" ? null : body, {
    status,
    headers: {
      "request-id": randomUUID(),
      ...(body === "" ? {} : { "content-type": "application/json; charset=utf-8" }),
      ...sign(body),
    },
  });
}

function jsonOf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
