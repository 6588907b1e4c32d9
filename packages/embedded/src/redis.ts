import { join } from "node:path";
import { makeDataDirectory } from "./data-directory.ts";
import { findOnPath } from "./find-on-path.ts";
import { freePort } from "./free-port.ts";
import { clearLeftover, signAsStarter, type Traces } from "./leftover.ts";
import { answersAs } from "./redis-answer.ts";
import { answersWithin, launch, type Log, type ServerProcess } from "./server-process.ts";
import { stopProcess, type Demand } from "./stop-process.ts";

export type RedisOptions = {
  readonly directory: string;
  readonly binary: string;
  /** The port of an earlier start, for clients that must find it again; a free one when left out. */
  readonly port?: number;
  readonly log: Log;
};

export type Redis = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Saves and ends. */
  readonly stop: () => Promise<void>;
  /** Ends it as a crash would; start again with the same `port` and the clients come back. */
  readonly kill: () => Promise<void>;
};

/** Long, because it first reads its whole append-only file. */
const startPatienceMs = 60_000;
const portAttempts = 3;
const portTaken = "Address already in use";

const demandsOfKill: readonly Demand[] = [{ signal: "SIGKILL", patienceMs: 2_000 }];
const demandsOfStop: readonly Demand[] = [{ signal: "SIGTERM", patienceMs: 5_000 }, ...demandsOfKill];

/** Undefined when this machine has none: Redis comes in no npm package that we would trust. */
export function findRedis(): string | undefined {
  return findOnPath("redis-server", "valkey-server");
}

/** Starts a real Redis on 127.0.0.1 that keeps what it holds in `directory/redis`. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  const directory = makeDataDirectory(join(options.directory, "redis"));
  const traces: Traces = {
    directory,
    pidFile: join(directory, "redis.pid"),
    starterFile: join(directory, "redis-starter"),
  };
  await clearLeftover(traces, demandsOfStop);
  signAsStarter(traces);

  let lastWords = "";
  for (let attempt = 1; attempt <= portAttempts; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = await launch({
      command: [options.binary, ...redisArguments({ port, directory, pidFile: traces.pidFile })],
      directory,
      signalAtOurDeath: "SIGTERM",
      log: options.log,
    });
    if (await answersWithin(server, startPatienceMs, () => answersAs(server.pid, port))) {
      return {
        url: `redis://127.0.0.1:${port}`,
        port,
        pid: server.pid,
        stop: () => end(server, demandsOfStop),
        kill: () => end(server, demandsOfKill),
      };
    }
    await end(server, demandsOfStop);
    lastWords = server.lastWords();
    if (!lastWords.includes(portTaken)) break;
  }
  throw new Error(
    `Redis did not start in ${directory}: put it right by its own words below, move it away to begin anew, or set REDIS_URL.\n${lastWords}`,
  );
}

function redisArguments(input: { readonly port: number; readonly directory: string; readonly pidFile: string }) {
  const settings = {
    port: String(input.port),
    bind: "127.0.0.1",
    dir: input.directory,
    pidfile: input.pidFile,
    daemonize: "no",
    save: "",
    appendonly: "yes",
    appendfsync: "everysec",
    // A queue that silently forgets jobs is worse than one that refuses them.
    "maxmemory-policy": "noeviction",
    // Delayed jobs are due to the millisecond; the default looks ten times a second.
    hz: "100",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function end(server: ServerProcess, demands: readonly Demand[]): Promise<void> {
  if (!server.hasEnded()) await stopProcess(server.pid, demands);
}
