import { crc32, deflateRawSync } from "node:zlib";

type Packed = {
  readonly name: string;
  readonly data: Buffer;
  readonly method?: 0 | 8;
  readonly crc?: number;
  readonly size?: number;
};

/** Writes a zip from its format's words; a wrong `crc` or `size` makes a damaged one. */
export function zipOf(files: readonly Packed[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const { name, data, method = 8, crc = crc32(data), size = data.length } of files) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const label = Buffer.from(name);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x800, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(label.length, 28);
    central.writeUInt32LE(at, 42);
    centrals.push(central, label);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(label.length, 26);
    locals.push(local, label, packed);
    at += 30 + label.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...centrals, end]);
}
