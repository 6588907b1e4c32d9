import { accessSync, constants, mkdirSync } from "node:fs";

/** Makes the directory that holds everything of this installation, for its owner alone. */
export function makeDataDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `The data directory ${path} cannot be used, ${reasonOf(error)}: repair it or name another one in DATA_DIR.`,
      { cause: error },
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "its file system is read-only",
  ENOSPC: "the disk is full",
  EEXIST: "a file stands in its place",
  ENOTDIR: "a file stands in its place",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? String(error);
}
