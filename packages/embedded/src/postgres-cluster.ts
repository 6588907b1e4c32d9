import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { chooseAccount, type Account } from "./account.ts";
import { findPostgresPrograms, postgresMajor } from "./postgres-programs.ts";

const run = promisify(execFile);

export type NewCluster = {
  readonly cluster: string;
  readonly passwordFile: string;
  readonly durable: boolean;
};

/** Makes the cluster when there is none, and answers as whom its server must run. */
export async function openCluster(wanted: NewCluster): Promise<Account> {
  if (!existsSync(wanted.cluster)) await makeCluster(wanted);
  checkVersion(wanted.cluster);
  return chooseAccount({ program: findPostgresPrograms().postgres, directory: wanted.cluster });
}

/** Under another name first, so that a first start that is cut short leaves nothing that looks like a cluster. */
async function makeCluster({ cluster, passwordFile, durable }: NewCluster): Promise<void> {
  const unfinished = `${cluster}-unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });

  const { initdb } = findPostgresPrograms();
  const { prefix } = chooseAccount({ program: initdb, directory: unfinished });
  const [first = initdb, ...rest] = [
    ...prefix,
    initdb,
    `--pgdata=${unfinished}`,
    "--username=postgres",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // PostgreSQL's own locale: the same order of text on every machine, whatever is installed there.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    ...(durable ? [] : ["--no-sync"]),
  ];
  try {
    await run(first, rest, { cwd: unfinished, env: { ...process.env, LC_ALL: "C" } });
  } catch (error) {
    throw new Error(
      `PostgreSQL could not make its files in ${unfinished}: see its own words below, or set DATABASE_URL.\n${wordsOf(error)}`,
      { cause: error },
    );
  }
  renameSync(unfinished, cluster);
}

function checkVersion(cluster: string): void {
  const found = readVersion(cluster);
  if (found === postgresMajor) return;
  const what = found === undefined ? "is not a readable PostgreSQL cluster" : `was made by PostgreSQL ${found}`;
  throw new Error(
    `${cluster} ${what}, and PostgreSQL ${postgresMajor} cannot open it: move it away to begin anew, name another directory in DATA_DIR, or set DATABASE_URL.`,
  );
}

function readVersion(cluster: string): string | undefined {
  try {
    return readFileSync(join(cluster, "PG_VERSION"), "utf8").trim();
  } catch {
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
}
