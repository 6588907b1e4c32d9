import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export type LogFile = { readonly path: string; readonly write: (line: string) => void; readonly close: () => void };

/** So much is kept of each log, and once more of what came before it. */
const maximumBytes = 10 * 1_024 * 1_024;

/** Appends lines to `<name>.log` in the folder; a full file is renamed to `<name>.1.log`, over the one before. */
export function openLogFile(folder: string, name: string): LogFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  let file = openSync(path, "a", 0o600);
  let bytes = fstatSync(file).size;

  const turnOver = () => {
    closeSync(file);
    renameSync(path, join(folder, `${name}.1.log`));
    file = openSync(path, "a", 0o600);
    bytes = 0;
  };
  return {
    path,
    write: (line) => {
      if (bytes >= maximumBytes) turnOver();
      bytes += writeSync(file, `${line}\n`);
    },
    close: () => closeSync(file),
  };
}
