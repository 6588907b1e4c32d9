import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Password = { readonly text: string; readonly file: string };

/** The superuser's password, made once and kept in a file that only its owner reads. A given one takes its place. */
export function keepPassword(directory: string, given?: string): Password {
  const file = join(directory, "postgres-password");
  if (given !== undefined || !existsSync(file)) {
    writeFileSync(file, `${given ?? randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  }
  return { text: readFileSync(file, "utf8").trim(), file };
}
