import { Redis } from "ioredis";

import { until } from "./bench.ts";
import type { OwnRedis } from "./redis-server.ts";

const slots = 16_384;

/** Makes a cluster of masters without replicas out of Redis servers that run with `cluster-enabled`. */
export async function joinCluster(servers: readonly Pick<OwnRedis, "url" | "port">[]): Promise<void> {
  const clients = servers.map(({ url }) => new Redis(url));
  for (const client of clients) client.on("error", () => undefined);
  const share = Math.ceil(slots / servers.length);
  const [first] = servers;
  for (const [index, client] of clients.entries()) {
    await client.call("CLUSTER", "ADDSLOTSRANGE", index * share, Math.min((index + 1) * share, slots) - 1);
    if (first !== undefined && index > 0) await client.call("CLUSTER", "MEET", "127.0.0.1", first.port);
  }
  await until(
    "every node knows the cluster",
    async () => {
      const words = await Promise.all(clients.map(async (client) => String(await client.call("CLUSTER", "INFO"))));
      return words.every((word) => /cluster_state:ok[^]*cluster_known_nodes:3/.test(word));
    },
    10_000,
  );
  for (const client of clients) client.disconnect();
}
