import { StatementError, type StatementEntry } from "../statement-format.ts";
import { UnreadableLine, entryOf } from "./statement-cells.ts";
import { type Columns, type CsvRecord, columnsOf, csvRecordsOf } from "./statement-text.ts";

/**
 * Reads a UTF-8 CSV file whose first line names its columns, one entry for each other line.
 *
 * @throws StatementError for a file without a header, or whose header lacks a wanted column.
 */
export async function* readTable<Name extends string>(
  file: AsyncIterable<Uint8Array>,
  wanted: Readonly<Record<Name, readonly (string | undefined)[]>>,
  readRecord: (record: CsvRecord, columns: Columns<Name>) => StatementEntry,
): AsyncGenerator<StatementEntry> {
  let header: { readonly columns: Columns<Name>; readonly width: number } | undefined;
  for await (const record of csvRecordsOf(file, "utf-8")) {
    if (header === undefined) {
      const names = record.cells.map((name) => name.replace(/^\uFEFF/, "").trim());
      header = { columns: columnsOf(names, wanted), width: names.length };
      continue;
    }
    const { columns, width } = header;
    yield entryOf(record.number, () => {
      const { length } = record.cells;
      if (length !== width) throw new UnreadableLine(`it has ${length} values and its header ${width}`);
      return readRecord(record, columns);
    });
  }
  if (header === undefined) throw new StatementError("the file is empty");
}
