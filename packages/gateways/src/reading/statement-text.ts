import { Readable, pipeline } from "node:stream";

import { CsvError, parse } from "csv-parse";

import { StatementError } from "../statement-format.ts";

/** No gateway writes a longer line; a file without line ends must not fill the memory. */
const maximumLineBytes = 64 * 1024;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export type TextLine = { readonly number: number; readonly bytes: Buffer };

/**
 * The lines of a file as bytes, without their ends. A line feed is never half of a character, in GBK as in UTF-8.
 *
 * @throws StatementError for a line that is too long.
 */
export async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine> {
  let number = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of file) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      yield { number, bytes: bounded(number, withoutReturn(bytes.subarray(start, end))) };
      number += 1;
      start = end + 1;
    }
    rest = bounded(number, bytes.subarray(start));
  }
  if (rest.length > 0) yield { number, bytes: withoutReturn(rest) };
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}

function bounded(number: number, bytes: Buffer): Buffer {
  if (bytes.length <= maximumLineBytes) return bytes;
  throw new StatementError(`line ${number} is longer than ${maximumLineBytes} bytes`);
}

export type CsvRecord = { readonly number: number; readonly cells: readonly string[] };

/**
 * The records of a CSV file (RFC 4180), each with the line that it begins on. Characters that the charset does not have
 * become U+FFFD, which no number of ours holds: a product's name may be anything.
 *
 * @throws StatementError for text that is no CSV.
 */
export async function* csvRecordsOf(
  file: AsyncIterable<Uint8Array>,
  charset: "utf-8" | "gbk",
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    relax_column_count: true,
    // A stray quote within a product's name is text.
    relax_quotes: true,
    max_record_size: maximumLineBytes,
  });
  pipeline(Readable.from(decoded(file, charset)), parser, () => undefined);
  let number = 1;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (cells.length > 1 || cells[0] !== "") yield { number, cells };
      number += 1 + cells.reduce((breaks, cell) => breaks + breaksIn(cell), 0);
    }
  } catch (error) {
    throw error instanceof CsvError ? new StatementError(`line ${number}: ${error.message}`) : error;
  }
}

/** Line ends within quotes: what a person looks for is the line of the file, not the record. */
function breaksIn(cell: string): number {
  return cell.includes("\n") ? cell.split("\n").length - 1 : 0;
}

async function* decoded(file: AsyncIterable<Uint8Array>, charset: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(charset);
  for await (const chunk of file) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Where the wanted columns stand, by the header's names; the first name that is there counts. */
export type Columns<Name extends string> = { readonly [N in Name]: (cells: readonly string[]) => string };

/**
 * Finds columns by name, because gateways add some and old merchants get fewer.
 *
 * @param wanted by our name the gateway's names for it; a column that may be missing ends with `undefined`.
 * @throws StatementError when one is missing that may not be.
 */
export function columnsOf<Name extends string>(
  header: readonly string[],
  wanted: Readonly<Record<Name, readonly (string | undefined)[]>>,
): Columns<Name> {
  const entries = Object.entries<readonly (string | undefined)[]>(wanted).map(([name, names]) => {
    const at = names.map((one) => (one === undefined ? -1 : header.indexOf(one))).find((index) => index >= 0);
    if (at === undefined && !names.includes(undefined)) {
      throw new StatementError(`the file has no column ${names.join(" or ")}`);
    }
    return [name, (cells: readonly string[]) => (at === undefined ? "" : (cells[at] ?? "").trim())] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets the names it was given.
  return Object.fromEntries(entries) as Columns<Name>;
}
