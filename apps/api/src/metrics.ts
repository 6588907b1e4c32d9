import { callbacks } from "@zhanggui/db";
import type { Engine } from "@zhanggui/operations";
import { type Producer, countJobs } from "@zhanggui/queue";
import { Counter, Gauge, Histogram, type Registry, secondsBuckets } from "@zhanggui/runtime";

export type ApiMetrics = {
  readonly durations: Histogram<"method" | "route" | "status">;
  readonly received: Counter<"provider" | "result">;
};

/** The measures of this process, and those of the whole system that are read when somebody asks. */
export function registerMetrics(registry: Registry, engine: Engine, producer: Producer): ApiMetrics {
  const registers = [registry];
  void new Gauge({
    name: "zhanggui_callbacks_waiting",
    help: "Acknowledged notices without an outcome.",
    registers,
    async collect() {
      this.set((await lagOf(engine)).waiting);
    },
  });
  void new Gauge({
    name: "zhanggui_callbacks_oldest_waiting_seconds",
    help: "Age of the oldest acknowledged notice without an outcome.",
    registers,
    async collect() {
      this.set((await lagOf(engine)).oldestSeconds);
    },
  });
  void new Gauge({
    name: "zhanggui_queue_jobs",
    help: "Jobs in the queue by state.",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      this.reset();
      for (const [queue, counts] of Object.entries(await countJobs(producer).catch(() => ({})))) {
        for (const [state, count] of Object.entries(counts)) this.set({ queue, state }, count);
      }
    },
  });
  return {
    durations: new Histogram({
      name: "zhanggui_http_request_seconds",
      help: "Requests by route and status.",
      labelNames: ["method", "route", "status"],
      buckets: secondsBuckets,
      registers,
    }),
    received: new Counter({
      name: "zhanggui_callbacks_total",
      help: "Callbacks by what became of their delivery.",
      labelNames: ["provider", "result"],
      registers,
    }),
  };
}

/** Without the database both are unknown; what this process knows of itself is still worth reading. */
async function lagOf({ db }: Engine): Promise<{ readonly waiting: number; readonly oldestSeconds: number }> {
  return callbacks.lag(db).catch(() => ({ waiting: NaN, oldestSeconds: NaN }));
}
