import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";

import { serve } from "@hono/node-server";

import { type Ask, type Shop, askOf } from "./shop.ts";

export type Listening = {
  readonly url: string;
  readonly port: number;
  readonly ask: Ask;
  readonly close: () => Promise<void>;
};

/** The app behind a real socket. */
export async function listen({ app }: Pick<Shop, "app">): Promise<Listening> {
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    ask: askOf((path, init) => fetch(url + path, init)),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

/** Says these exact bytes to the server and answers everything it says until it is silent. */
export async function say(port: number, words: string | Buffer, silenceMs = 400): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  let heard = "";
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    const done = () => resolve();
    const rearm = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(done, ms);
    };
    socket.on("data", (data) => {
      heard += data.toString();
      rearm(silenceMs);
    });
    socket.on("close", done);
    socket.on("error", done);
    rearm(5_000);
    socket.write(words);
  });
  clearTimeout(timer);
  socket.destroy();
  return heard;
}
