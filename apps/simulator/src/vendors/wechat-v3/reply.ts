import type { z } from "zod";

export type Said = Readonly<Record<string, unknown>>;

/** What is answered to a call; without words the body is empty. */
export type Reply = { readonly status: 200 | 204 | 400 | 401 | 403 | 404; readonly said?: Said };

export function done(said: Said): Reply {
  return { status: 200, said };
}

/** WeChat's errors: a word for programs and a sentence for people (WeChat Pay v3 "错误码"). */
export function refused(status: 400 | 401 | 403 | 404, code: string, message: string): Reply {
  return { status, said: { code, message } };
}

/** One parameter that is not as it must be. `place` is its JSON pointer, or its name in the query. */
export function paramError(place: string, issue: string, location: "body" | "query" | "path" = "body"): Reply {
  return {
    status: 400,
    said: { code: "PARAM_ERROR", message: `参数错误：${place} ${issue}`, detail: { field: place, issue, location } },
  };
}

export type Reading<Input> =
  | { readonly ok: true; readonly asked: Input }
  | { readonly ok: false; readonly reply: Reply };

/** Reads what was asked by its schema; only the first mistake is named, as WeChat does. */
export function read<Input>(schema: z.ZodType<Input>, given: unknown, location: "body" | "query"): Reading<Input> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, asked: parsed.data };
  const [issue] = parsed.error.issues;
  const place = `/${(issue?.path ?? []).join("/")}`;
  return { ok: false, reply: paramError(place, issue?.message ?? "is wrong", location) };
}
