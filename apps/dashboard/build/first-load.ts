import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { builtFolder } from "./sources.ts";

/** What a browser may have to fetch until the overview is seen, compressed. */
export const mostFirstLoadBytes = 400 * 1024;

const entry = "overview.tsx";
const pages = "src/pages/";

type Chunk = {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
  readonly isEntry?: boolean;
};

/** Bytes, gzipped, of the page, its scripts and styles, and the overview's. */
export function firstLoadBytes(): number {
  const manifest = readManifest();
  const wanted = new Set<string>(["index.html"]);
  const take = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || wanted.has(chunk.file)) return;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) wanted.add(file);
    for (const imported of chunk.imports ?? []) take(imported);
  };
  take("index.html");
  take(`${pages}${entry}`);
  return [...wanted].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, builtFolder))).length, 0);
}

function readManifest(): Readonly<Record<string, Chunk>> {
  const text = readFileSync(new URL(".vite/manifest.json", builtFolder), "utf8");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Vite's own manifest of this build.
  return JSON.parse(text) as Record<string, Chunk>;
}
