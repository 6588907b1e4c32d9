import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** What must never reach a log, wherever it stands in what is logged. */
const secrets = [
  "secret",
  "sign",
  "signature",
  "authorization",
  "cookie",
  "password",
  "token",
  "apiKey",
  "apiV3Key",
  "apiV2Key",
  "merchantPrivateKey",
  "appPrivateKey",
];
const redactedPaths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** JSON lines on standard output: one a request, one a job, the same ids in all of them. */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: "[redacted]" },
  });
}
