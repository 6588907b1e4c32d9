import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { builtFolder, sourcesDigest, stampFile } from "./sources.ts";

/** Whether the built files are those of the sources as they are. */
export function isBuilt(): boolean {
  const stamp = new URL(stampFile, builtFolder);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === sourcesDigest();
}

/** Ends after this long, whatever it waits for. */
const longestBuildMs = 120_000;

/**
 * Builds the console when that is needed, in a process of its own: some seconds the first time.
 *
 * @param stop Ends the build.
 * @throws Error with what the build said, when it fails.
 */
export async function ensureBuilt(stop: AbortSignal): Promise<void> {
  if (isBuilt()) return;
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const said: string[] = [];
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([stop, AbortSignal.timeout(longestBuildMs)]),
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(said.join("").trim() || `the build ended with ${code ?? "a signal"}`);
}
