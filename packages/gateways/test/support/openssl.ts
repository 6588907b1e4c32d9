import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const command = "openssl";

/** Not everywhere: all other tests sign and make their certificates without it. */
export const hasOpenssl = spawnSync(command, ["version"]).status === 0;

/** Runs openssl with each named content in a file of its own; answers what it printed. */
export function openssl(
  contents: Readonly<Record<string, string | Uint8Array>>,
  argumentsFor: (file: (name: string) => string) => readonly string[],
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "openssl-"));
  try {
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
    return spawnSync(command, [...argumentsFor((name) => join(folder, name))]).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** RSA-SHA256 with PKCS#1 v1.5 padding, in base64. */
export function opensslSignature(key: string, text: string | Uint8Array): string {
  return openssl({ key, text }, (file) => ["dgst", "-sha256", "-sign", file("key"), file("text")]).toString("base64");
}
