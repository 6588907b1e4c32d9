import { Fault } from "@zhanggui/domain";
import { type Acknowledgement, type RefusalReason, gatewayOf, isDocumented, verifyCallback } from "@zhanggui/gateways";
import { recordCallback } from "@zhanggui/operations";
import type { Counter } from "@zhanggui/runtime";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";
import { faultOf, isWorthRetrying, retryAfterOf, statusOf } from "../http/problem.ts";
import type { RateLimits } from "../http/rate-limit.ts";
import { maximumBodyBytes } from "../http/body.ts";

const refusalStatus = {
  malformed: 400,
  unsupported_media_type: 415,
  signature_invalid: 401,
  unsigned_refused: 401,
  stale: 401,
  foreign_merchant: 401,
  unknown_kind: 401,
} as const satisfies Record<RefusalReason, ContentfulStatusCode>;

export type CallbackDeps = Pick<Deps, "engine" | "production" | "refusals"> & {
  readonly limits: RateLimits;
  readonly received: Counter<"provider" | "result">;
};

/**
 * `POST /callbacks/:provider`: verify over the raw bytes → commit to the inbox → ring the queue → acknowledge in the
 * gateway's own form. A refused one leaves nothing but counts and a line in the log. Verified gateways are never
 * rate-limited.
 */
export function callbackRoutes({ engine, production, refusals, limits, received }: CallbackDeps) {
  return new Hono<AppEnv>().post("/:provider", async (c) => {
    const provider = c.req.param("provider");
    const account = engine.providers.get(provider);
    if (account === undefined) {
      await limits.countRefusal(c);
      throw new Fault("not_found", { provider });
    }
    const { acknowledge } = gatewayOf(account);
    const refuse = async (status: ContentfulStatusCode, reason: string): Promise<Response> => {
      received.inc({ provider, result: reason });
      engine.log.error({ requestId: c.get("requestId"), provider, reason }, "callback refused");
      const flood = await floodOf(limits, c);
      if (flood === undefined) return answer(c, acknowledge.refused(status, reason));
      return answer(c, acknowledge.refused(statusOf[flood.code], flood.code), retryAfterOf(flood));
    };

    const body = await readBody(c);
    if (body === undefined) return refuse(413, "body_too_large");
    const request = { method: c.req.method, path: c.req.path, headers: c.req.header(), body };
    const verified = await verifyCallback(account, request, { now: engine.outside.now(), production });
    if (!verified.ok) {
      const status = refusalStatus[verified.reason];
      if (status === 401 && !isProbe(request.headers)) refusals.count(provider);
      return refuse(status, verified.reason);
    }

    const { notice, verifiedBy } = verified;
    const facts = {
      requestId: c.get("requestId"),
      provider,
      eventKey: notice.eventKey,
      outTradeNo: notice.outTradeNo,
      transactionId: notice.transactionId,
      verifiedBy,
    };
    try {
      const recorded = await recordCallback(engine, { provider, notice, verifiedBy, headers: keptHeaders(c), body });
      received.inc({ provider, result: recorded.deliveries === 1 ? "recorded" : "repeated" });
      const { rawStatus, status } = notice;
      if (!isDocumented(account, notice)) {
        engine.log.warn({ ...facts, rawStatus, readAs: status }, "callback with an undocumented status");
      }
      logRecorded(engine.log, { ...facts, callbackId: recorded.id, status }, recorded.deliveries);
      return answer(c, acknowledge.accepted);
    } catch (error) {
      received.inc({ provider, result: "not_recorded" });
      engine.log.error({ ...facts, err: error }, "callback could not be recorded");
      const fault = faultOf(error) ?? new Fault("internal_error");
      const status = statusOf[fault.code];
      const refusal = acknowledge.refused(status, fault.code);
      return isWorthRetrying(status) ? answer(c, refusal, retryAfterOf(fault)) : answer(c, refusal);
    }
  });
}

/** WeChat Pay signs some notices wrongly on purpose, to see them refused; the real ones follow. */
function isProbe(headers: Readonly<Record<string, string>>): boolean {
  return headers["wechatpay-signature"]?.startsWith("WECHATPAY/SIGNTEST/") === true;
}

function logRecorded(log: Deps["engine"]["log"], facts: object, deliveries: number): void {
  if (deliveries > 1) log.warn({ ...facts, deliveries }, "callback repeated");
  else log.info(facts, "callback recorded");
}

/** A sender that has been refused too often is told so in its gateway's form, like everything else. */
async function floodOf(limits: RateLimits, c: Context<AppEnv>): Promise<Fault | undefined> {
  try {
    await limits.countRefusal(c);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function answer(c: Context<AppEnv>, { status, contentType, body }: Acknowledgement, retryAfter?: string): Response {
  if (retryAfter !== undefined) c.header("Retry-After", retryAfter);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A gateway's acknowledgement names its own status; it is one that carries a body.
  return c.body(body, status as ContentfulStatusCode, { "content-type": contentType });
}

/** The bytes as they came, read once; `undefined` when there are too many of them. */
async function readBody(c: Context<AppEnv>): Promise<Uint8Array | undefined> {
  if (Number(c.req.header("content-length") ?? 0) > maximumBodyBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = c.req.raw.body;
  if (body === null) return new Uint8Array();
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maximumBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Headers worth keeping as evidence: the signature's and the sender's, never credentials. */
const keptNames =
  /^(?:content-type|content-length|user-agent|date|request-id|x-request-id|wechatpay-.+|stripe-signature|webhook-.+)$/;

function keptHeaders(c: Context<AppEnv>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(c.req.header()).filter(([name]) => keptNames.test(name)));
}
