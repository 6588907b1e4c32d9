/** What we say, and to whom: results on standard output, what is going on and what is wrong on standard error. */
export type Terminal = {
  readonly print: (line: string) => void;
  readonly report: (sentence: string) => void;
  /** A person reads along, and no program. */
  readonly isPerson: boolean;
};

export function openTerminal({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">): Terminal {
  // A reader that went away (`pnpm start | head`) is no reason to stop a shop.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  return {
    print: (line) => void stdout.write(`${line}\n`),
    report: (sentence) => void stderr.write(`${sentence}\n`),
    isPerson: stdout.isTTY,
  };
}
