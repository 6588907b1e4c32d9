import type { InferResponseType } from "hono/client";
import { createContext, use } from "react";

import { ProblemError, answerOf, auth } from "../api/client.ts";

export type Operator = InferResponseType<typeof auth.session.$get, 200>["operator"];

export const OperatorContext = createContext<Operator | undefined>(undefined);

/** Who is signed in; only below the gate. */
export function useOperator(): Operator {
  const operator = use(OperatorContext);
  if (operator === undefined) throw new Error("outside of the gate");
  return operator;
}

/** Whether the signed-in person may change things; the api decides again. */
export function useMayWrite(): boolean {
  return useOperator().role !== "viewer";
}

export const sessionKey = ["session"];

const cookies = document.querySelector<HTMLMetaElement>('meta[name="cookies"]')?.content;
/** A browser that brought no cookie has no session: asking would only write a 401 into its console. */
let mayHaveSession = cookies !== "none";

/** For who has just signed in. */
export function expectSession(): void {
  mayHaveSession = true;
}

/** Who this browser's session belongs to; `null` when there is none. */
export async function readSession(): Promise<Operator | null> {
  if (!mayHaveSession) return null;
  try {
    return (await answerOf(auth.session.$get())).operator;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "unauthenticated") return null;
    throw error;
  }
}
