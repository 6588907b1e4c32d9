import { crc32, createInflateRaw } from "node:zlib";

/** A day's statement of a million rows is some twenty megabytes packed. */
export const maximumArchiveBytes = 64 * 1024 * 1024;
const maximumFileBytes = 1024 * 1024 * 1024;
const maximumEntries = 16;

const endSignature = 0x06_05_4b_50;
const endBytes = 22;
const maximumCommentBytes = 0xff_ff;
const entrySignature = 0x02_01_4b_50;
const entryBytes = 46;
const localSignature = 0x04_03_4b_50;
const localBytes = 30;
const stored = 0;
const deflated = 8;
const encryptedFlag = 1;

type Entry = {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
};

/**
 * Unpacks the one file of a statement's zip that has a wanted name; names are GBK, the content is left as it is.
 * `undefined` when the archive is not one, or does not hold exactly one such file. The stream fails when size or CRC do
 * not agree.
 */
export function openZip(zip: Buffer, isWanted: (name: string) => boolean): AsyncIterable<Uint8Array> | undefined {
  try {
    const wanted = readEntries(zip)?.filter(({ name }) => isWanted(name)) ?? [];
    const [entry] = wanted;
    if (entry === undefined || wanted.length > 1 || entry.size > maximumFileBytes) return undefined;
    if (entry.method !== stored && entry.method !== deflated) return undefined;

    if (zip.readUInt32LE(entry.at) !== localSignature) return undefined;
    const start = entry.at + localBytes + zip.readUInt16LE(entry.at + 26) + zip.readUInt16LE(entry.at + 28);
    if (start + entry.packed > zip.length) return undefined;
    return unpack(zip.subarray(start, start + entry.packed), entry);
  } catch (error) {
    // An offset that lies outside of the archive.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readEntries(zip: Buffer): readonly Entry[] | undefined {
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  const count = zip.readUInt16LE(end + 10);
  if (count > maximumEntries) return undefined;

  const entries: Entry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (zip.readUInt32LE(at) !== entrySignature) return undefined;
    if ((zip.readUInt16LE(at + 8) & encryptedFlag) !== 0) return undefined;
    const nameBytes = zip.readUInt16LE(at + 28);
    // The flag for UTF-8 names is honoured; Chinese gateways' own are GBK.
    const charset = (zip.readUInt16LE(at + 8) & 0x8_00) === 0 ? "gbk" : "utf-8";
    entries.push({
      name: new TextDecoder(charset).decode(zip.subarray(at + entryBytes, at + entryBytes + nameBytes)),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      packed: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      at: zip.readUInt32LE(at + 42),
    });
    at += entryBytes + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(zip: Buffer): number | undefined {
  const first = Math.max(0, zip.length - endBytes - maximumCommentBytes);
  for (let at = zip.length - endBytes; at >= first; at -= 1) {
    if (zip.readUInt32LE(at) === endSignature) return at;
  }
  return undefined;
}

async function* unpack(packed: Buffer, { method, crc, size }: Entry): AsyncGenerator<Uint8Array> {
  let read = 0;
  let sum = 0;
  for await (const chunk of method === stored ? [packed] : inflate(packed)) {
    read += chunk.byteLength;
    if (read > size) throw new Error("the statement is larger than its archive says");
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (read !== size || sum !== crc) throw new Error("the statement is not what was packed");
}

async function* inflate(packed: Buffer): AsyncGenerator<Uint8Array> {
  const inflating = createInflateRaw();
  inflating.end(packed);
  for await (const chunk of inflating) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}
