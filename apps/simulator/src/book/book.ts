import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Folder, type Folders, createFolders } from "./folders.ts";
import { openJournal, readJournal } from "./journal.ts";
import type { BookRecord } from "./records.ts";

/** What a gateway remembers: read from memory, written to the journal first. */
export type Book = Folders & { readonly close: () => void };

/** Replays the journal of the directory, compacts it, and keeps it open. */
export async function openBook(directory: string): Promise<Book> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "journal.jsonl");
  const folders = createFolders();
  for await (const record of readJournal(path)) folders.put(record);

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

function* recordsOf(folders: Iterable<Folder>): Generator<BookRecord> {
  for (const { payment, refunds, notices } of folders) {
    yield payment;
    yield* refunds.values();
    yield* notices.values();
  }
}
