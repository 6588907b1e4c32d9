import { accessSync, constants, mkdirSync, realpathSync } from "node:fs";

/**
 * Makes a server's directory and answers its real path, the form in which the system reports a process's working
 * directory.
 */
export function makeDataDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(path);
  } catch (error) {
    const why = reasons[codeOf(error)] ?? String(error);
    throw new Error(`The data directory ${path} cannot be used, ${why}: repair it or name another one in DATA_DIR.`, {
      cause: error,
    });
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

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
