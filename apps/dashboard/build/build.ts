import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { build, mergeConfig } from "vite";

import { consoleConfig } from "./console-config.ts";
import { isBuilt } from "./ensure-built.ts";
import { builtFolder, sourcesDigest, stampFile, workspaceFolder } from "./sources.ts";

/** Builds the console beside the last one and puts it in its place whole: whoever reads it meanwhile reads either. */
export async function buildConsole(): Promise<void> {
  const digest = sourcesDigest();
  const outDir = fileURLToPath(new URL(`node_modules/.console-${randomUUID()}/`, workspaceFolder));
  try {
    await build(
      mergeConfig(consoleConfig, {
        configFile: false,
        root: fileURLToPath(workspaceFolder),
        logLevel: "warn",
        build: { outDir, emptyOutDir: true },
      }),
    );
    compressAssets(join(outDir, "assets"));
    writeFileSync(`${outDir}${stampFile}`, digest);
    putInPlace(outDir);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Once at build time, so that no request waits for it. */
function compressAssets(folder: string): void {
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
  }
}

function putInPlace(folder: string): void {
  rmSync(builtFolder, { recursive: true, force: true });
  try {
    renameSync(folder, builtFolder);
  } catch (error) {
    // Somebody else built the same sources and was a moment faster.
    if (!isBuilt()) throw error;
  }
}
