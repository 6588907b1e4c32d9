import type { z } from "zod";

import { problemAnswer } from "./api-schemas.ts";
import { type Role, newToken } from "./token.ts";

const callTimeoutMs = 5_000;

export type ApiDeps = { readonly apiUrl: string; readonly jwtSecret: string; readonly now: () => Date };

export type ApiCall = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly sub: string;
  readonly role?: Role;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
};

/** A refusal carries the API's own code; `api_unreachable` is ours. */
export type ApiResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly code: string };

const unreachable = { ok: false, status: 503, code: "api_unreachable" } as const;

/** Calls the API as the shop's backend and reads the answer by its schema. */
export async function callApi<T>(deps: ApiDeps, call: ApiCall, answer: z.ZodType<T>): Promise<ApiResult<T>> {
  let response: Response;
  let text: string;
  try {
    response = await send(deps, call, AbortSignal.timeout(callTimeoutMs));
    text = await response.text();
  } catch {
    return unreachable;
  }
  const value = parseJson(text);
  if (!response.ok) {
    return { ok: false, status: response.status, code: problemAnswer.safeParse(value).data?.code ?? "other" };
  }
  const parsed = answer.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, status: 502, code: "other" };
}

/**
 * Opens a stream of the API that lasts until the reader or the API ends it; `undefined` when it cannot be had.
 * `closing` only gives up the opening: once there is a body, the server cancels it when its reader goes.
 */
export async function openStream(deps: ApiDeps, call: ApiCall, closing: AbortSignal): Promise<Response | undefined> {
  const opening = new AbortController();
  const giveUp = () => opening.abort();
  closing.addEventListener("abort", giveUp, { once: true });
  try {
    const response = await send(deps, call, opening.signal);
    return response.ok ? response : undefined;
  } catch {
    return undefined;
  } finally {
    closing.removeEventListener("abort", giveUp);
  }
}

async function send(deps: ApiDeps, call: ApiCall, signal: AbortSignal): Promise<Response> {
  const token = await newToken(deps.jwtSecret, { sub: call.sub, role: call.role ?? "customer" }, deps.now());
  return fetch(new URL(call.path, deps.apiUrl), {
    method: call.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    redirect: "error",
    signal,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
