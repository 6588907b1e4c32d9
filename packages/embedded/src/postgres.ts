import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDirectory } from "./data-directory.ts";
import { freePort } from "./free-port.ts";
import { clearLeftover, signAsStarter, type Traces } from "./leftover.ts";
import { openCluster } from "./postgres-cluster.ts";
import { makeDatabase, takesQueries } from "./postgres-connection.ts";
import { keepPassword } from "./postgres-password.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";
import { postgresArguments, type Settings } from "./postgres-settings.ts";
import { answersWithin, launch, type Log, type ServerProcess } from "./server-process.ts";
import { stopProcess, type Demand } from "./stop-process.ts";

export type PostgresOptions = {
  readonly directory: string;
  readonly password?: string;
  readonly settings?: Settings;
  /** False for tests: nothing waits for the disk, and nothing survives a power cut. */
  readonly durable: boolean;
  readonly log: Log;
};

export type Postgres = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

const database = "zhanggui";

/** Long, because after a crash the server first replays its log. */
const startPatienceMs = 60_000;
const portAttempts = 3;
const portTaken = "could not bind";

/** Fast shutdown, then immediate shutdown, then none at all. */
const demands: readonly Demand[] = [
  { signal: "SIGINT", patienceMs: 5_000 },
  { signal: "SIGQUIT", patienceMs: 2_000 },
  { signal: "SIGKILL", patienceMs: 1_000 },
];

/** Starts a real PostgreSQL on a free port of 127.0.0.1, with its files in `directory`. Again: the same data. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const directory = makeDataDirectory(options.directory);
  const cluster = join(directory, "postgres");
  const password = keepPassword(directory, options.password);
  const traces: Traces = {
    directory: cluster,
    pidFile: join(cluster, "postmaster.pid"),
    starterFile: join(directory, "postgres-starter"),
  };
  await clearLeftover(traces, demands);
  const account = await openCluster({ cluster, passwordFile: password.file, durable: options.durable });
  signAsStarter(traces);

  let lastWords = "";
  for (let attempt = 1; attempt <= portAttempts; attempt += 1) {
    const port = await freePort();
    const settings = postgresArguments({ port, durable: options.durable, settings: options.settings ?? {} });
    const server = await launch({
      command: [...account.prefix, findPostgresPrograms().postgres, "-D", cluster, ...settings],
      directory: cluster,
      signalAtOurDeath: "SIGINT",
      log: options.log,
    });
    const origin = `postgres://postgres:${encodeURIComponent(password.text)}@127.0.0.1:${port}`;
    if (await becomesReady(server, { url: `${origin}/postgres`, pidFile: traces.pidFile })) {
      return { url: `${origin}/${database}`, port, pid: server.pid, stop: () => stop(server) };
    }
    lastWords = server.lastWords();
    if (!lastWords.includes(portTaken)) break;
  }
  throw new Error(
    `PostgreSQL did not start in ${cluster}: put it right by its own words below, move it away to begin anew, or set DATABASE_URL.\n${lastWords}`,
  );
}

/** Leaves no server behind unless the answer is yes. */
async function becomesReady(
  server: ServerProcess,
  { url, pidFile }: { readonly url: string; readonly pidFile: string },
): Promise<boolean> {
  const answers = async () => saysReady(pidFile, server.pid) && (await takesQueries(url));
  let ready = false;
  try {
    if (await answersWithin(server, startPatienceMs, answers)) {
      await makeDatabase(url, database);
      ready = true;
    }
    return ready;
  } finally {
    if (!ready) await stop(server);
  }
}

/** Its own word for it, as pg_ctl reads it: another server may have taken the port meanwhile, and would answer too. */
function saysReady(pidFile: string, pid: number): boolean {
  if (!existsSync(pidFile)) return false;
  const lines = readFileSync(pidFile, "utf8").split("\n");
  return lines[0] === String(pid) && lines.some((line) => line.trim() === "ready");
}

async function stop(server: ServerProcess): Promise<void> {
  if (!server.hasEnded()) await stopProcess(server.pid, demands);
}
