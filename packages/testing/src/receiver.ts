import { once } from "node:events";
import { type IncomingHttpHeaders, createServer } from "node:http";

export type Heard = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Said = {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly hangs?: boolean;
};

export type Receiver = {
  readonly url: string;
  /** Everything that was posted here, in order. */
  readonly heard: Heard[];
  /** What it says from now on; at first 200 and nothing. */
  readonly answer: (how: (heard: Heard) => Said) => void;
  readonly close: () => Promise<void>;
};

/** A real HTTP server on this machine that keeps what it is told. */
export async function startReceiver(): Promise<Receiver> {
  const heard: Heard[] = [];
  let how: (heard: Heard) => Said = () => ({});
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const one = { path: request.url ?? "", headers: request.headers, body };
      heard.push(one);
      const { status = 200, body: answer = "", headers = {}, hangs = false } = how(one);
      if (!hangs) response.writeHead(status, headers).end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    heard,
    answer: (next) => {
      how = next;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
