import type { Api } from "@zhanggui/api";
import { type ClientResponse, hc } from "hono/client";

/** The api's own routes with the types of their answers. The browser's session cookie says who asks. */
const client = hc<Api>("/", { init: { credentials: "same-origin" } });

export const { admin, auth } = client;

/** A refusal of the api, as RFC 9457 tells it, or `unreachable` when there was no answer. */
export class ProblemError extends Error {
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(problem: { readonly code: string; readonly detail: string; readonly requestId?: string | undefined }) {
    super(problem.detail);
    this.name = "ProblemError";
    this.code = problem.code;
    this.requestId = problem.requestId;
  }
}

type Body<Response> =
  Response extends ClientResponse<infer Json, infer Status, "json"> ? (Status extends 200 | 202 ? Json : never) : never;

/**
 * The body of an answer that says yes.
 *
 * @throws ProblemError for a refusal, or when the server cannot be reached.
 */
export async function answerOf<Answer extends ClientResponse<unknown>>(asked: Promise<Answer>): Promise<Body<Answer>> {
  const answer = await accepted(asked);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `ok` leaves the routes' 200 and 202, whose types these are.
  return (await answer.json()) as Body<Answer>;
}

/**
 * Waits for an answer that says yes and nothing more.
 *
 * @throws ProblemError as `answerOf`.
 */
export async function doneBy(asked: Promise<ClientResponse<unknown>>): Promise<void> {
  await accepted(asked);
}

async function accepted<Answer extends ClientResponse<unknown>>(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked.catch(() => {
    throw new ProblemError({ code: "unreachable", detail: "" });
  });
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** Reads a refusal, whoever wrote it: a proxy in between knows no RFC 9457. */
async function problemOf(answer: Pick<Response, "status" | "json">): Promise<ProblemError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const read = (name: string): string | undefined => {
    const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === "string" ? value : undefined;
  };
  return new ProblemError({
    code: read("code") ?? (answer.status === 401 ? "unauthenticated" : "internal_error"),
    detail: read("detail") ?? `HTTP ${answer.status}`,
    requestId: read("requestId"),
  });
}
