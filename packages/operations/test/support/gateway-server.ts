import { once } from "node:events";
import { type Server, createServer } from "node:http";
import { text } from "node:stream/consumers";

import { sign } from "@zhanggui/gateways";

import { type Words, secret } from "./shop.ts";

/** What the gateway answers to one call, by its path. `undefined` hangs up without a word. */
export type Answers = {
  readonly [Path in "/pay" | "/query" | "/close" | "/refund" | "/refund-query" | "/statement"]: (
    call: Words,
  ) => Words | undefined | Promise<Words | undefined>;
};

export type GatewayServer = {
  readonly url: string;
  /** Paths that were called since the last `answer`. */
  readonly calls: string[];
  readonly answer: (answers: Partial<Answers>) => void;
  readonly stop: () => Promise<void>;
};

/** Unless it is told otherwise: nobody has paid, and it does as it is asked. */
const unpaid: Answers = {
  "/pay": () => ({ code: "SUCCESS", cashier_url: "http://cashier.test/1" }),
  "/query": () => ({ code: "SUCCESS", status: "NOTPAY", amount: "39.80" }),
  "/close": () => ({ code: "SUCCESS" }),
  "/refund": () => ({ code: "FAIL", message: "no refunds today" }),
  "/refund-query": () => ({ code: "NOT_FOUND" }),
  "/statement": () => ({ csv: "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time\n" }),
};

/** A gateway on a real port that signs what it is told to answer. */
export async function startGateway(): Promise<GatewayServer> {
  let answers = unpaid;
  const calls: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const path = request.url as keyof Answers;
    calls.push(path);
    const words = await answers[path](JSON.parse(await text(request)) as Words);
    if (words === undefined) return void response.destroy();
    // A statement is not signed; one without text is not there yet.
    if (path === "/statement") return void response.writeHead("csv" in words ? 200 : 404).end(words["csv"]);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...words, sign: sign(new Map(Object.entries(words)), secret) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    answer: (given) => {
      answers = { ...unpaid, ...given };
      calls.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
