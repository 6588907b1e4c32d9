import type { AddressInfo } from "node:net";
import { createServer } from "node:http";

import type { CallbackRequest } from "@zhanggui/gateways";

export type Reply = { readonly status: number; readonly body: string };

export const acknowledged: Reply = { status: 200, body: '{"code":"SUCCESS"}' };

export type Receiver = {
  readonly url: string;
  readonly received: readonly (CallbackRequest & { readonly at: number })[];
  readonly stop: () => Promise<void>;
};

/** A real server in the shop's place: keeps every notice and answers as told. */
export async function startReceiver(reply: (count: number) => Reply = () => acknowledged): Promise<Receiver> {
  const received: (CallbackRequest & { readonly at: number })[] = [];
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        method: request.method ?? "",
        path: request.url ?? "",
        headers: Object.fromEntries(
          new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        ),
        body: Buffer.concat(chunks),
        at: performance.now(),
      });
      const { status, body } = reply(received.length);
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/callbacks/mock`,
    received,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
