import { alertMessages, alerts, callbacks, providerHealth, reconciliations, refunds } from "@zhanggui/db";
import { type Engine, lawMeasures } from "@zhanggui/operations";
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
    name: "zhanggui_refunds",
    help: "Refunds by status.",
    labelNames: ["status"],
    registers,
    async collect() {
      this.reset();
      const counts = await refundsOf(engine);
      if (counts === undefined) return;
      for (const [status, count] of Object.entries(counts.byStatus)) this.set({ status }, count);
    },
  });
  void new Gauge({
    name: "zhanggui_refunds_oldest_unknown_seconds",
    help: "Age of the oldest refund whose outcome is not known.",
    registers,
    async collect() {
      this.set((await refundsOf(engine))?.oldestUnknownSeconds ?? NaN);
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
  void new Gauge({
    name: "zhanggui_law_breaches",
    help: "Breaches of a law that wait for somebody.",
    labelNames: ["law"],
    registers,
    async collect() {
      this.reset();
      for (const { law, breaches } of await lawsOf(engine)) this.set({ law }, breaches);
    },
  });
  void new Gauge({
    name: "zhanggui_law_checked_seconds_ago",
    help: "Since a law was last looked after.",
    labelNames: ["law"],
    registers,
    async collect() {
      this.reset();
      for (const { law, secondsAgo } of await lawsOf(engine)) this.set({ law }, secondsAgo);
    },
  });
  void new Gauge({
    name: "zhanggui_alerts",
    help: "Alerts that fire now.",
    labelNames: ["kind", "severity"],
    registers,
    async collect() {
      this.reset();
      const firing = await alerts.countFiring(engine.db).catch(() => []);
      for (const { kind, severity, count } of firing) this.set({ kind, severity }, count);
    },
  });
  void new Gauge({
    name: "zhanggui_alert_messages",
    help: "Messages of the last week by what became of them: `failed` ones were given up.",
    labelNames: ["state"],
    registers,
    async collect() {
      this.reset();
      const states = await alertMessages.countByState(engine.db).catch(() => new Map<string, number>());
      for (const [state, count] of states) this.set({ state }, count);
    },
  });
  void new Gauge({
    name: "zhanggui_provider_silent",
    help: "1 while a provider's money is found by queries only and none of its callbacks comes.",
    labelNames: ["provider"],
    registers,
    async collect() {
      this.reset();
      const healths = await providerHealth.all(engine.db).catch(() => []);
      const silent = new Set(
        healths.filter(({ silent_since }) => silent_since !== null).map(({ provider }) => provider),
      );
      for (const provider of engine.providers.keys()) this.set({ provider }, silent.has(provider) ? 1 : 0);
    },
  });
  void new Gauge({
    name: "zhanggui_reconciliation_last_success_timestamp",
    help: "When a provider's book was last compared with its statement to the end, in Unix seconds.",
    labelNames: ["provider"],
    registers,
    async collect() {
      this.reset();
      for (const { provider, finishedAt } of await comparisonsOf(engine)) {
        this.set({ provider }, finishedAt.getTime() / 1000);
      }
    },
  });
  void new Gauge({
    name: "zhanggui_reconciliation_differences",
    help: "Differences and unreadable lines of a provider's last comparison.",
    labelNames: ["provider"],
    registers,
    async collect() {
      this.reset();
      for (const { provider, differences } of await comparisonsOf(engine)) this.set({ provider }, differences);
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

async function refundsOf({ db }: Engine): Promise<refunds.RefundCounts | undefined> {
  return refunds.counts(db).catch(() => undefined);
}

async function lawsOf(engine: Engine): Promise<Awaited<ReturnType<typeof lawMeasures>>> {
  return lawMeasures(engine).catch(() => []);
}

async function comparisonsOf({ db }: Engine): Promise<readonly reconciliations.LastComparison[]> {
  return reconciliations.lastComparisons(db).catch(() => []);
}
