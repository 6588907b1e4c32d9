import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const secretBytes = 32;

/** A secret for development, made once and kept in a file that only its owner reads. Production never comes here. */
export async function developmentSecret(dataDirectory: string, name: string): Promise<string> {
  const folder = join(dataDirectory, "secrets");
  const file = join(folder, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    // `wx` makes exactly one of several processes the one that writes.
    await writeFile(file, randomBytes(secretBytes).toString("hex"), { flag: "wx", mode: 0o600 });
    await chmod(file, 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return (await readFile(file, "utf8")).trim();
}
