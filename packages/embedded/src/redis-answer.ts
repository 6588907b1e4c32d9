import { connect } from "node:net";

const timeoutMs = 1_000;
const answerLimit = 16_384;

/**
 * Whether the Redis on this port takes commands (while it reads its files it answers PING with an error) and is the
 * process we started: another server may have taken the port meanwhile, and would answer too.
 */
export function answersAs(pid: number, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ host: "127.0.0.1", port, timeout: timeoutMs });
    const finish = () => {
      socket.destroy();
      resolve(answer.startsWith("+PONG") && answer.includes(`process_id:${pid}\r\n`));
    };
    socket.once("connect", () => socket.write("PING\r\nINFO server\r\nQUIT\r\n"));
    socket.on("data", (data) => {
      answer += data.toString();
      if (answer.length > answerLimit) finish();
    });
    for (const event of ["timeout", "error", "close"]) socket.once(event, finish);
  });
}
