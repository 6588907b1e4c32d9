import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";

export const workspaceFolder = new URL("../", import.meta.url);
export const builtFolder = new URL("dist/", workspaceFolder);
/** Beside the built files: what they were built from. */
export const stampFile = "sources.txt";

/** What the built files depend on. Of the engine only what the console imports at run time; the lockfile is the rest. */
const patterns = [
  "src/**/*.{ts,tsx,css,svg}",
  "index.html",
  "build/*.ts",
  "../../packages/domain/src/*.ts",
  "../../pnpm-lock.yaml",
];

/** A digest of all sources, so that an old build is known by what it holds and not by any clock. */
export function sourcesDigest(): string {
  const hash = createHash("sha256");
  for (const path of globSync(patterns, { cwd: workspaceFolder }).toSorted()) {
    hash.update(`${path}\0`).update(readFileSync(new URL(path.replaceAll("\\", "/"), workspaceFolder)));
  }
  return hash.digest("hex");
}
