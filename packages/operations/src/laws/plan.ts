import type { Facts } from "./law.ts";

/** A value as it travels to PostgreSQL, which reads it as its column's type. */
export type Value = string | number | boolean | null;

export type Statement = { readonly sql: string; readonly parameters: readonly Value[] };

/** One column of one row, as it is and as it should be. */
export type Difference = {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly before: Value;
  readonly after: Value;
};

/** What the queue is asked for after the commit; it does what was missed, by the usual path. */
export type Ring =
  | { readonly what: "settle"; readonly callbackId: string; readonly provider: string; readonly eventKey: string }
  | { readonly what: "expire"; readonly orderId: string; readonly at: string }
  | { readonly what: "forget-keys" };

/**
 * `mend`: exact statements, each for exactly one row that still stands as in `before`; `rings` where the rest is done by
 * the usual path. `person`: the truth is not in the rows, and the explanation says who does what.
 */
export type Plan =
  | {
      readonly kind: "mend";
      readonly explanation: string;
      readonly statements: readonly Statement[];
      readonly diff: readonly Difference[];
      readonly undo: readonly Statement[];
      readonly rings: readonly Ring[];
    }
  | { readonly kind: "person"; readonly explanation: string };

/** A change of one row: written, shown and taken back from the same words, so that the three agree. */
export type Change = {
  readonly table: string;
  /** Columns that name the row. */
  readonly where: Readonly<Record<string, Value>>;
} & (
  | { readonly set: Readonly<Record<string, readonly [before: Value, after: Value]>> }
  | { readonly insert: Readonly<Record<string, Value>> }
);

export function mend(explanation: string, changes: readonly Change[], rings: readonly Ring[] = []): Plan {
  return {
    kind: "mend",
    explanation,
    statements: changes.map(statementOf),
    diff: changes.flatMap(differencesOf),
    undo: changes.map(undoOf).toReversed(),
    rings,
  };
}

export function askPerson(explanation: string): Plan {
  return { kind: "person", explanation };
}

function statementOf(change: Change): Statement {
  if ("insert" in change) return insertion(change.table, { ...change.where, ...change.insert });
  return update(change.table, change.where, change.set);
}

function undoOf(change: Change): Statement {
  if ("set" in change) {
    const reversed = Object.entries(change.set).map(([column, [before, after]]) => [column, [after, before]] as const);
    return update(change.table, change.where, Object.fromEntries(reversed));
  }
  const columns = Object.entries({ ...change.where, ...change.insert });
  const conditions = columns.map(([column], at) => `${column} is not distinct from $${at + 1}`);
  return {
    sql: `delete from ${change.table} where ${conditions.join(" and ")}`,
    parameters: columns.map(([, value]) => value),
  };
}

function insertion(table: string, row: Readonly<Record<string, Value>>): Statement {
  const columns = Object.keys(row);
  return {
    sql: `insert into ${table} (${columns.join(", ")}) values (${columns.map((_, at) => `$${at + 1}`).join(", ")})`,
    parameters: Object.values(row),
  };
}

/** Compare and set: it changes the row only while it stands as it was seen. */
function update(
  table: string,
  where: Readonly<Record<string, Value>>,
  set: Readonly<Record<string, readonly [before: Value, after: Value]>>,
): Statement {
  const parameters: Value[] = [];
  const place = (value: Value) => `$${parameters.push(value)}`;
  const assignments = Object.entries(set).map(([column, [, after]]) => `${column} = ${place(after)}`);
  const named = Object.entries(where).map(([column, value]) => `${column} = ${place(value)}`);
  const seen = Object.entries(set).map(([column, [before]]) => `${column} is not distinct from ${place(before)}`);
  return {
    sql: `update ${table} set ${assignments.join(", ")} where ${[...named, ...seen].join(" and ")}`,
    parameters,
  };
}

function differencesOf(change: Change): Difference[] {
  const { table } = change;
  const key = Object.values(change.where).join("/");
  if ("insert" in change) {
    const row = { ...change.where, ...change.insert };
    return Object.entries(row).map(([column, after]) => ({ table, key, column, before: null, after }));
  }
  return Object.entries(change.set).map(([column, [before, after]]) => ({ table, key, column, before, after }));
}

/** A fact that its law's own query wrote as text. */
export function textOf(facts: Facts, name: string): string {
  const value = facts[name];
  if (typeof value !== "string") throw new Error(`the fact ${name} is no text`);
  return value;
}

/** A fact that may be missing. */
export function textOrNull(facts: Facts, name: string): string | null {
  return (facts[name] ?? null) === null ? null : textOf(facts, name);
}

export function numberOf(facts: Facts, name: string): number {
  const value = facts[name];
  if (typeof value !== "number") throw new Error(`the fact ${name} is no number`);
  return value;
}

/** Facts within a fact: one for each row that it names. */
export function rowsOf(facts: Facts, name: string): readonly Facts[] {
  const value = facts[name];
  if (!Array.isArray(value)) throw new Error(`the fact ${name} is no list`);
  return value.filter(isFacts);
}

/** A fact that is a row of its own; `undefined` when there is none. */
export function rowOf(facts: Facts, name: string): Facts | undefined {
  const value = facts[name];
  return isFacts(value) ? value : undefined;
}

function isFacts(value: unknown): value is Facts {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
