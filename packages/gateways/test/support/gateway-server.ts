import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export type GatewayServer = {
  readonly url: string;
  readonly handle: (handler: Handler) => void;
  readonly stop: () => Promise<void>;
};

/** A gateway on a real port that does whatever it is told. */
export async function startGateway(): Promise<GatewayServer> {
  let handler: Handler = (_, response) => void response.end();
  const server = createServer((request, response) => void handler(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    handle: (given) => {
      handler = given;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
