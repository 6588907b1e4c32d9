import { createHash } from "node:crypto";

import pg from "pg";

import { isStalePlan } from "./errors.ts";

/** Statements that one connection keeps prepared; texts beyond it, which vary with the length of a list, are planned anew. */
const maximumPrepared = 300;

const names = new Map<string, string>();
let generation = 0;

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maximumPrepared) return known;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 24);
  const name = `z${generation}_${digest}`;
  names.set(text, name);
  return name;
}

/** A migration changed a table that prepared plans name: from now on everything is prepared anew, by other names. */
function forgetStalePlans(error: unknown): void {
  if (!isStalePlan(error)) return;
  generation += 1;
  names.clear();
}

/**
 * A connection that prepares each statement once. Planning is a third of what a settlement costs PostgreSQL (measured);
 * Kysely writes the same text for the same query, so the text names the statement.
 */
export class PreparingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // The overloads of `query` are passed through as they are.
    const query = this.query.bind(this) as (...words: readonly unknown[]) => unknown;
    const preparing = (first: unknown, values?: unknown, ...rest: readonly unknown[]): unknown => {
      const name = typeof first === "string" && Array.isArray(values) && values.length > 0 ? nameOf(first) : undefined;
      if (name === undefined) return query(first, values, ...rest);
      const answer = query({ name, text: first, values }, ...rest);
      if (answer instanceof Promise) answer.catch(forgetStalePlans);
      return answer;
    };
    Object.assign(this, { query: preparing });
  }
}
