import { once } from "node:events";
import { createServer } from "node:http";

const header = "type,out_trade_no,transaction_id,out_refund_no,amount,fee,status,time";

export type GatewayStatement = {
  readonly url: string;
  /** What its statement holds from now on, whatever the day. */
  readonly lines: (...lines: readonly string[]) => void;
  readonly stop: () => Promise<void>;
};

/** A gateway that has nothing but a statement. */
export async function startStatements(): Promise<GatewayStatement> {
  let told: readonly string[] = [];
  const server = createServer(
    (_, response) => void response.end([header, ...told].map((line) => `${line}\n`).join("")),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    lines: (...lines) => {
      told = lines;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
