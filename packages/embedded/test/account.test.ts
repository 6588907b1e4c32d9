import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { findOnPath, startPostgres } from "../src/index.ts";
import { ask, scratchDirectory } from "./scratch.ts";

const isRoot = process.getuid?.() === 0;
const forRoot = isRoot ? "" : " (skipped: only root has to become somebody else)";

afterEach(() => {
  vi.unstubAllEnvs();
});

test.skipIf(!isRoot || findOnPath("unshare") === undefined)(
  `root's server runs in a user namespace, below folders that only root may enter${forRoot}`,
  async () => {
    const directory = privateDirectory();
    allowOnly(["unshare"]);

    const starts = await startAndCount(directory);

    expect(starts).toBe(1);
  },
);

test.skipIf(!isRoot || findOnPath("setpriv") === undefined)(
  `where user namespaces are forbidden, root's server runs as nobody, below the same folders${forRoot}`,
  async () => {
    const directory = privateDirectory();
    allowOnly(["setpriv", "chown"]);

    const starts = await startAndCount(directory);

    expect(starts).toBe(1);
  },
);

test.skipIf(!isRoot || findOnPath("unshare") === undefined || findOnPath("setpriv") === undefined)(
  `a cluster is handed from one way to the other and back${forRoot}`,
  async () => {
    const directory = privateDirectory();
    allowOnly(["unshare", "chown"]);
    await startAndCount(directory);
    allowOnly(["setpriv", "chown"]);
    await startAndCount(directory);
    allowOnly(["unshare", "chown"]);

    const starts = await startAndCount(directory);

    expect(starts).toBe(3);
  },
);

test.skipIf(!isRoot)(`where neither way is open, root is told what to do${forRoot}`, async () => {
  const directory = privateDirectory();
  allowOnly([]);

  const starting = startPostgres({ directory, durable: false, log: () => undefined });

  await expect(starting).rejects.toThrow(/run as another user, or set DATABASE_URL\.$/);
});

test("nobody else can read the cluster", async () => {
  const directory = privateDirectory();

  await startAndCount(directory);

  expect(statSync(join(directory, "postgres")).mode & 0o077).toBe(0);
});

function privateDirectory(): string {
  const directory = join(scratchDirectory(), "private", "data");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** A machine on which only these programs are installed. */
function allowOnly(names: readonly string[]): void {
  vi.unstubAllEnvs();
  const programs = scratchDirectory();
  for (const name of ["sh", ...names]) {
    const path = findOnPath(name);
    if (path !== undefined) symlinkSync(path, join(programs, name));
  }
  vi.stubEnv("PATH", programs);
}

/** Starts, writes the start down, stops, and answers how many starts this cluster has seen. */
async function startAndCount(directory: string): Promise<number> {
  const { url, stop } = await startPostgres({ directory, durable: false, log: () => undefined });
  try {
    await ask(url, "create table if not exists start (at timestamptz)");
    await ask(url, "insert into start values (now())");
    return Number(await ask(url, "select count(*) from start"));
  } finally {
    await stop();
  }
}
