import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { sign } from "@zhanggui/gateways";
import { onTestFinished } from "vitest";

import { secret } from "./world.ts";

type Words = Readonly<Record<string, string>>;

export type Gateway = {
  readonly url: string;
  /** What it answers to a query from now on. */
  readonly say: (words: Words) => void;
  readonly queries: () => number;
};

/** A gateway on a real port that opens whatever it is asked to, sends no callbacks, and answers queries as it is told. */
export async function openGateway(): Promise<Gateway> {
  let said: Words = { code: "SUCCESS", status: "NOTPAY", amount: "39.80" };
  let queries = 0;
  const server = createServer(async (request, response) => {
    await text(request);
    if (request.url === "/query") queries += 1;
    const words = request.url === "/query" ? said : { code: "SUCCESS", cashier_url: "http://cashier.test/1" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...words, sign: sign(new Map(Object.entries(words)), secret) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    say: (words) => {
      said = words;
    },
    queries: () => queries,
  };
}
