import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Logger } from "@zhanggui/runtime";

import { type Folder, type Folders, createFolders } from "./folders.ts";
import { openJournal, readJournal, setAside } from "./journal.ts";
import type { BookRecord } from "./records.ts";

/** What a gateway remembers: read from memory, written to the journal first. */
export type Book = Folders & { readonly close: () => void };

export type BookDeps = { readonly logger: Pick<Logger, "warn">; readonly now: () => Date };

/**
 * Replays the journal of the directory, compacts it, and keeps it open. One that this version cannot read is set aside,
 * for a play of the past is no reason not to start.
 */
export async function openBook(directory: string, deps: BookDeps): Promise<Book> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "journal.jsonl");
  const folders = (await replay(path)) ?? beginAnew(path, deps);

  const journal = openJournal(path, recordsOf(folders.all()));
  return {
    ...folders,
    put(record) {
      journal.append(record);
      folders.put(record);
    },
    close: journal.close,
  };
}

/** What the journal remembers, or nothing when a line cannot be read. */
async function replay(path: string): Promise<Folders | undefined> {
  const folders = createFolders();
  for await (const record of readJournal(path)) {
    if (record === undefined) return undefined;
    folders.put(record);
  }
  return folders;
}

function beginAnew(path: string, { logger, now }: BookDeps): Folders {
  const aside = setAside(path, now());
  logger.warn({ aside }, "the journal is damaged or of another version: it was set aside and a new one begun");
  return createFolders();
}

function* recordsOf(folders: Iterable<Folder>): Generator<BookRecord> {
  for (const { payment, refunds, notices } of folders) {
    yield payment;
    yield* refunds.values();
    yield* notices.values();
  }
}
