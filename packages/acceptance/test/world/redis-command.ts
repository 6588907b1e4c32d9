import { once } from "node:events";
import { connect } from "node:net";

/** Says one inline command to a Redis and waits for its answer. */
export async function redisCommand(port: number, command: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    socket.write(`${command}\r\n`);
    const [answer] = await once(socket, "data");
    return String(answer).trim();
  } finally {
    socket.destroy();
  }
}
