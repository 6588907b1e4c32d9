import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { openLogFile } from "../log-file.ts";
import { prettyLine } from "../pretty-line.ts";

/** Where a child's log goes. */
export type ChildOutput = {
  readonly stdio: "inherit" | "pipe";
  readonly read: (stdout: Readable) => void;
  readonly close: () => void;
};

/** For programs that read our output: the children's JSON lines as they are. */
export const passThrough: ChildOutput = { stdio: "inherit", read: () => undefined, close: () => undefined };

/** For a person at a terminal: warnings as sentences, and everything in a file. */
export function forPerson(options: {
  readonly logFolder: string;
  readonly name: string;
  readonly report: (sentence: string) => void;
}): ChildOutput {
  const file = openLogFile(options.logFolder, options.name);
  const show = (line: string) => {
    file.write(line);
    const pretty = prettyLine(line);
    if (pretty !== undefined) options.report(pretty);
  };
  return {
    stdio: "pipe",
    read: (stdout) => void createInterface({ input: stdout }).on("line", show),
    close: file.close,
  };
}
