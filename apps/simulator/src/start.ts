import type { AddressInfo } from "node:net";

import { createAdaptorServer, type ServerType } from "@hono/node-server";
import type { Providers } from "@zhanggui/gateways";
import type { Logger } from "@zhanggui/runtime";

import { buildSimulator } from "./app.ts";
import { openBook } from "./book/book.ts";
import { createArmed } from "./calls/armed.ts";
import { openRefundDesk } from "./desk/refund-desk.ts";
import type { KeysByProvider } from "./keys/gateway-keys.ts";
import { openCourier } from "./notices/courier.ts";
import { readScripts } from "./scripts/read-scripts.ts";
import { openRuns } from "./scripts/runs.ts";
import { playAccounts } from "./vendors/play-accounts.ts";

export type SimulatorOptions = {
  /** 0, or none: any free port. */
  readonly port?: number;
  readonly providers: Providers;
  /** The gateways' half of the keys; without them only accounts that share a secret with their gateway are played. */
  readonly keys?: KeysByProvider;
  /** Where the journal is kept. */
  readonly directory: string;
  /** Divides every wait of the gateways. */
  readonly speed: number;
  readonly apiUrl: string;
  readonly jwtSecret: string | undefined;
  readonly logger: Logger;
  readonly now: () => Date;
};

export type Simulator = { readonly url: string; readonly stop: () => Promise<void> };

const host = "127.0.0.1";

/** Starts the simulator on the loopback address and takes up what it had not finished when it stopped. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const scripts = readScripts();
  const book = await openBook(options.directory, options);
  const played = playAccounts({ keys: new Map(), ...options, book });
  const schemes = new Map([...played].map(([provider, { scheme }]) => [provider, scheme]));
  const courier = openCourier({ ...options, book, schemes });
  const refundDesk = openRefundDesk({ ...options, book, courier });
  const armed = createArmed();
  const runs = openRuns({ ...options, played, book, courier, armed });
  const app = buildSimulator({ ...options, played, book, courier, refundDesk, armed, scripts, runs });

  const server = createAdaptorServer({ fetch: app.fetch });
  const port = await listen(server, options.port ?? 0);
  courier.resume();
  refundDesk.resume();
  return {
    url: `http://${host}:${port}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // The shop's event streams never end by themselves.
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
      refundDesk.stop();
      const ended = runs.stopAll();
      await courier.stop();
      await ended;
      book.close();
    },
  };
}

function listen(server: ServerType, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(portOf(server.address()) ?? port));
  });
}

function portOf(address: AddressInfo | string | null): number | undefined {
  return typeof address === "object" ? address?.port : undefined;
}
