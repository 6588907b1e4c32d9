import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "@zhanggui/embedded";

/** What the API of a killed `start` takes to notice and leave. */
const patienceMs = 10_000;
const pollMs = 200;
const loopback = "127.0.0.1";
const highestPort = 65_535;

export type Place = { readonly host: string; readonly port: number; readonly variable: string };

/** Throws one sentence, for a person, when nothing can listen there. */
export async function requireFreePort(place: Place, { wait }: { readonly wait: boolean }): Promise<void> {
  const deadline = performance.now() + (wait ? patienceMs : 0);
  for (;;) {
    const refusal = await tryToListen(place.host, place.port);
    if (refusal === undefined) return;
    if (refusal !== "EADDRINUSE" || performance.now() >= deadline) throw new Error(sentenceFor(refusal, place));
    await sleep(pollMs);
  }
}

/** The port beside the API's, which people remember; any other when that is taken. */
export async function portBeside(port: number): Promise<number> {
  const beside = port + 1;
  const isFree = beside <= highestPort && (await tryToListen(loopback, beside)) === undefined;
  return isFree ? beside : freePort();
}

/** Undefined, or the system's code for why not. */
async function tryToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  server.close();
  await once(server, "close");
  return undefined;
}

function sentenceFor(refusal: string, { host, port, variable }: Place): string {
  switch (refusal) {
    case "EADDRINUSE":
      return `Port ${port} is taken by another program: stop that, or choose another port with ${variable}=${port + 10 > highestPort ? 3_000 : port + 10}.`;
    case "EACCES":
      return `Port ${port} may not be used by this account: choose one above 1023 with ${variable}.`;
    default:
      return `Nothing can listen on ${host} port ${port} (${refusal}): set ${variable.replace("PORT", "HOST")} to an address of this machine.`;
  }
}
