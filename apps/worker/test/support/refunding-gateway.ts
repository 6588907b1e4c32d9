import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { sign } from "@zhanggui/gateways";
import { onTestFinished } from "vitest";

import { secret } from "./world.ts";

type Words = Readonly<Record<string, string>>;

export type RefundingGateway = {
  readonly url: string;
  /** How often each refund was asked for, by our number. */
  readonly asked: Map<string, number>;
  /** Hangs up without a word so many times first. */
  silentTimes: number;
};

/** A gateway on a real port that opens payments and refunds them at once, each number once. */
export async function startRefundingGateway(): Promise<RefundingGateway> {
  const asked = new Map<string, number>();
  const gateway = { url: "", asked, silentTimes: 0 };
  const answerTo = (path: string, words: Words): Words => {
    if (path === "/pay") return { code: "SUCCESS", cashier_url: "http://cashier.test/1" };
    const number = words["out_refund_no"] ?? "";
    if (path === "/refund") asked.set(number, (asked.get(number) ?? 0) + 1);
    return asked.has(number)
      ? { code: "SUCCESS", refund_id: `G${number}`, refund_status: "SUCCESS" }
      : { code: "NOT_FOUND" };
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const answer = answerTo(path, JSON.parse(await text(request)) as Words);
    if (path === "/refund" && gateway.silentTimes > 0) {
      gateway.silentTimes -= 1;
      return void response.destroy();
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...answer, sign: sign(new Map(Object.entries(answer)), secret) }));
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
  gateway.url = `http://127.0.0.1:${address.port}`;
  return gateway;
}
