import { expect } from "vitest";

import type { Answer } from "./shop.ts";

/** Checks a refusal in every detail of RFC 9457 and the contract. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body?.code], answer.text).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const { type, title, detail, requestId, errors, ...rest } = answer.body;
  expect(rest).toEqual({ status, code });
  for (const text of [type, title, detail, requestId]) expect(text).toEqual(expect.stringMatching(/./));
  expect(requestId).toBe(answer.headers.get("x-request-id"));
  expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b/);
  if (status === 422) {
    expect(errors.length).toBeGreaterThan(0);
    for (const one of errors) expect(one).toEqual({ path: expect.any(String), message: expect.any(String) });
  } else {
    expect(errors).toBeUndefined();
  }
  if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  if (status === 429 || status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
}
