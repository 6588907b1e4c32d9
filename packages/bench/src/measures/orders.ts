import { type Rate, connections, rateOf, runLoad, warmUpOf } from "../load/load.ts";
import { orderRequests } from "../load/requests.ts";
import type { Subject } from "./measure.ts";

const created = 201;

/** Orders a second over HTTP, each of a customer of its own. */
export async function measureOrders({ system: { origin } }: Subject, count: number): Promise<Rate> {
  const warmUp = await runLoad({ origin, connections, requests: await orderRequests("w", warmUpOf(count)) });
  rateOf(warmUp, created);
  return rateOf(await runLoad({ origin, connections, requests: await orderRequests("m", count) }), created);
}
