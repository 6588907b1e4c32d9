import { z } from "zod";

const remarkable = ["warn", "error", "fatal"] as const;

const remarkableLine = z.looseObject({
  level: z.enum(remarkable),
  time: z.string(),
  name: z.string(),
  msg: z.string().default(""),
  err: z.looseObject({ message: z.string() }).optional(),
  pid: z.number().optional(),
});

/** A process's JSON log line as a person reads it; undefined when it is not worth a person's attention. */
export function prettyLine(line: string): string | undefined {
  const parsed = remarkableLine.safeParse(parseJson(line));
  if (!parsed.success) return line.startsWith("{") ? undefined : line;
  const { level, time, name, msg, err, pid: _pid, ...facts } = parsed.data;
  const clock = time.slice("2026-01-01T".length, "2026-01-01T00:00:00".length);
  const words = Object.entries(facts).map(([fact, value]) => `${fact}=${textOf(value)}`);
  const why = err === undefined ? [] : [`(${err.message})`];
  return [clock, level.toUpperCase().padEnd("ERROR".length), `${name}:`, msg, ...why, ...words].join(" ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
