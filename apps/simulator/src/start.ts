import type { AddressInfo } from "node:net";

import { createAdaptorServer, type ServerType } from "@hono/node-server";
import type { Providers } from "@zhanggui/gateways";
import type { Logger } from "@zhanggui/runtime";

import { playedAccounts } from "./accounts.ts";
import { buildSimulator } from "./app.ts";
import { openBook } from "./book/book.ts";
import { openCourier } from "./notices/courier.ts";
import { openRefundDesk } from "./refund-desk.ts";

export type SimulatorOptions = {
  /** 0, or none: any free port. */
  readonly port?: number;
  readonly providers: Providers;
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
  const accounts = playedAccounts(options.providers);
  const book = await openBook(options.directory);
  const courier = openCourier({ ...options, book, accounts });
  const refundDesk = openRefundDesk({ ...options, book, courier });
  const app = buildSimulator({ ...options, accounts, book, courier, refundDesk });

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
      await courier.stop();
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
