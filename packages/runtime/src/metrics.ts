import { Registry, collectDefaultMetrics } from "prom-client";

export { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** A registry of its own for each process, with Node's own measures in it. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Buckets in seconds, from a fast query to a gateway's timeout. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
