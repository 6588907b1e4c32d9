import { createHash } from "node:crypto";

import pg from "pg";

import { isStalePlan } from "./errors.ts";

/** Statements that one connection keeps prepared; texts beyond it, which vary with the length of a list, are planned anew. */
const maximumPrepared = 300;

const names = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maximumPrepared) return known;
  const name = `z${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
  names.set(text, name);
  return name;
}

/**
 * A connection that prepares each statement once. Planning is a third of what a settlement costs PostgreSQL (measured);
 * Kysely writes the same text for the same query, so the text names the statement.
 */
export class PreparingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...words: readonly unknown[]) => unknown;
    const preparing = (first: unknown, values?: unknown, ...rest: readonly unknown[]): unknown => {
      const name = typeof first === "string" && Array.isArray(values) && values.length > 0 ? nameOf(first) : undefined;
      if (name === undefined) return query(first, values, ...rest);
      const answer = query({ name, text: first, values }, ...rest);
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#retireWithStalePlan(error));
      return answer;
    };
    Object.assign(this, { query: preparing });
  }

  /** A migration changed a table that this connection's plans name: the pool opens a new connection instead. */
  #retireWithStalePlan(error: unknown): void {
    if (isStalePlan(error)) void this.end();
  }
}
