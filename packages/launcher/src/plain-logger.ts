import type { Logger } from "@zhanggui/runtime";
import { pino } from "pino";

import { prettyLine } from "./pretty-line.ts";

/** For what runs at a person's terminal: nothing but warnings, as sentences, and never on standard output. */
export function createPlainLogger(name: string, report: (sentence: string) => void): Logger {
  return pino(
    {
      name,
      level: "warn",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write: (line) => {
        const pretty = prettyLine(line.trimEnd());
        if (pretty !== undefined) report(pretty);
      },
    },
  );
}
