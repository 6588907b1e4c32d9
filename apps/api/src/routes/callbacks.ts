import { Fault } from "@zhanggui/domain";
import {
  type Acknowledgement,
  type RefusalReason,
  gatewayOf,
  isDocumentedStatus,
  verifyCallback,
} from "@zhanggui/gateways";
import { recordCallback } from "@zhanggui/operations";
import type { Counter } from "@zhanggui/runtime";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

import type { Deps } from "../deps.ts";
import type { AppEnv } from "../http/authentication.ts";
import { faultOf, statusOf } from "../http/problem.ts";
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

export type CallbackDeps = Pick<Deps, "engine" | "production"> & {
  readonly limits: RateLimits;
  readonly received: Counter<"provider" | "result">;
};

/**
 * `POST /callbacks/:provider`: verify over the raw bytes → commit to the inbox → ring the queue → acknowledge in the
 * gateway's own form. A refused one leaves nothing but a count and a line in the log. Verified gateways are never
 * rate-limited.
 */
export function callbackRoutes({ engine, production, limits, received }: CallbackDeps) {
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
      await limits.countRefusal(c);
      return answer(c, acknowledge.refused(status, reason));
    };

    const body = await readBody(c);
    if (body === undefined) return refuse(413, "body_too_large");
    const request = { method: c.req.method, path: c.req.path, headers: c.req.header(), body };
    const verified = await verifyCallback(account, request, { now: engine.outside.now(), production });
    if (!verified.ok) return refuse(refusalStatus[verified.reason], verified.reason);

    const { notice } = verified;
    const facts = {
      requestId: c.get("requestId"),
      provider,
      eventKey: notice.eventKey,
      outTradeNo: notice.outTradeNo,
      transactionId: notice.transactionId,
    };
    try {
      const recorded = await recordCallback(engine, { provider, notice, headers: keptHeaders(c), body });
      received.inc({ provider, result: recorded.deliveries === 1 ? "recorded" : "repeated" });
      logRecorded(engine.log, { ...facts, callbackId: recorded.id }, recorded.deliveries, notice);
      return answer(c, acknowledge.accepted);
    } catch (error) {
      received.inc({ provider, result: "not_recorded" });
      engine.log.error({ ...facts, err: error }, "callback could not be recorded");
      const fault = faultOf(error);
      const code = fault?.code ?? "internal_error";
      return answer(c, acknowledge.refused(statusOf[code], code));
    }
  });
}

function logRecorded(
  log: Deps["engine"]["log"],
  facts: object,
  deliveries: number,
  { eventType, rawStatus, status }: { readonly eventType: string; readonly rawStatus: string; readonly status: string },
): void {
  if (eventType === "payment" && !isDocumentedStatus(rawStatus)) {
    log.warn({ ...facts, rawStatus, readAs: status }, "callback with an undocumented status");
  }
  if (deliveries > 1) log.warn({ ...facts, deliveries }, "callback repeated");
  else log.info({ ...facts, status }, "callback recorded");
}

function answer(c: Context<AppEnv>, { status, contentType, body }: Acknowledgement): Response {
  // A gateway's acknowledgement names its own status; it is one that carries a body.
  return c.body(body, status as ContentfulStatusCode, { "content-type": contentType });
}

/** The bytes as they came, read once; `undefined` when there are too many of them. */
async function readBody(c: Context<AppEnv>): Promise<Uint8Array | undefined> {
  if (Number(c.req.header("content-length") ?? 0) > maximumBodyBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of c.req.raw.body ?? []) {
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
