import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

import { type BookRecord, bookRecord } from "./records.ts";

export type Journal = { readonly append: (record: BookRecord) => void; readonly close: () => void };

/** Reads every record in order. Only the last line may be torn, by a crash in the middle of writing it. */
export async function* readJournal(path: string): AsyncGenerator<BookRecord> {
  if (!existsSync(path)) return;
  let torn = false;
  for await (const line of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })) {
    if (torn)
      throw new Error(
        `The simulator's journal ${path} is damaged or of another version: move it away to start afresh.`,
      );
    const record = readLine(line);
    if (record === undefined) torn = true;
    else yield record;
  }
}

function readLine(line: string): BookRecord | undefined {
  try {
    return bookRecord.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
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
