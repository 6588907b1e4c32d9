import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

import { type BookRecord, bookRecord } from "./records.ts";

export type Journal = { readonly append: (record: BookRecord) => void; readonly close: () => void };

/**
 * Reads every record in order. `undefined` stands for a line that this version cannot read; a last line that a crash
 * tore in the middle of writing it is left out.
 */
export async function* readJournal(path: string): AsyncGenerator<BookRecord | undefined> {
  if (!existsSync(path)) return;
  let torn = false;
  for await (const line of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })) {
    if (torn) yield undefined;
    const value = jsonOf(line);
    torn = value === undefined;
    if (!torn) yield bookRecord.safeParse(value).data;
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Moves a journal out of the way, beside where it was. Returns its new path. */
export function setAside(path: string, at: Date): string {
  const aside = path.replace(/\.jsonl$/, `.${at.toISOString().replaceAll(":", "-")}.jsonl`);
  renameSync(path, aside);
  return aside;
}

/**
 * Rewrites the journal to exactly these records, then opens it for appending. Lines are written synchronously: what was
 * answered to the outside is in the file before the answer leaves.
 */
export function openJournal(path: string, records: Iterable<BookRecord>): Journal {
  compact(path, records);
  const file = openSync(path, "a");
  return {
    append: (record) => void writeSync(file, lineOf(record)),
    close: () => closeSync(file),
  };
}

function compact(path: string, records: Iterable<BookRecord>): void {
  const compacted = `${path}.compacted`;
  const file = openSync(compacted, "w");
  for (const record of records) writeSync(file, lineOf(record));
  fsyncSync(file);
  closeSync(file);
  renameSync(compacted, path);
}

function lineOf(record: BookRecord): string {
  return `${JSON.stringify(record)}\n`;
}
