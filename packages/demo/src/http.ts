import type { z } from "zod";

const requestLimitMs = 10_000;

export type Request = {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly token?: string;
  readonly body?: unknown;
};

/** Sends JSON and reads JSON; anything but success is an error that names what was asked and answered. */
export async function ask<Schema extends z.ZodType>(
  { method, url, token, body }: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestLimitMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname} answered ${response.status}: ${text}`);
  return schema.parse(JSON.parse(text));
}
