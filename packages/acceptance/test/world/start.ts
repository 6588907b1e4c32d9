import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "@zhanggui/embedded";

import { jwtSecret } from "./token.ts";
import type { Backend } from "./world.ts";

const script = fileURLToPath(new URL("../../../launcher/src/start.ts", import.meta.url));
const startLimitMs = 45_000;

export type StartedSystem = {
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  /** What it has said so far, for whoever looks into a failure. */
  readonly log: () => string;
  /** SIGTERM; answers the exit code. */
  readonly stop: () => Promise<number | null>;
};

/** `pnpm start` as a person has it, in a directory of its own: nothing is given but the port, the shop's key and the queue. */
export async function startSystem(backend: Backend): Promise<StartedSystem> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-start-"));
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      DATA_DIR: directory,
      API_PORT: String(await freePort()),
      JWT_SECRET: jwtSecret,
      ...(backend === "postgres" ? { QUEUE: "postgres" } : {}),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said += data.toString()));
  const ended = once(child, "close").then(([code]): number | null => (typeof code === "number" ? code : null));
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await ended;
    await rm(directory, { recursive: true, force: true });
    return code;
  };

  const deadline = performance.now() + startLimitMs;
  while (!/^ready /m.test(said)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`start did not become ready:\n${said}`);
    }
    await Promise.race([once(child.stdout, "data"), ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  }
  const { apiUrl, simulatorUrl } = JSON.parse(await readFile(join(directory, "running.json"), "utf8"));
  return { apiUrl, simulatorUrl, log: () => said, stop };
}
