import Table from "cli-table3";

import type { BackendReport, Report } from "./report.ts";

/** The numbers of one backend beside their ceilings. */
export function renderReport(report: Report): string {
  const { machine, backends, conservation, durationSeconds } = report;
  const tables = backends.map((backend) => `Queue in ${backend.backend}\n${renderBackend(report, backend)}`);
  const redis = machine.redis === undefined ? "no Redis" : `Redis ${machine.redis}`;
  return [
    `${machine.cpus} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}`,
    `Node ${machine.node}, PostgreSQL ${machine.postgres}, ${redis}, one commit ${machine.commitMs} ms`,
    ...Object.values(report.setting),
    "",
    ...tables,
    "",
    ...conservation.map(({ where, ok, broken }) => `Conservation, ${where}: ${ok ? "holds" : brokenLaws(broken)}`),
    `${durationSeconds} s. Machines differ: quote the ratios.`,
  ].join("\n");
}

function brokenLaws(broken: Readonly<Record<string, number>>): string {
  const laws = Object.entries(broken).filter(([, by]) => by !== 0);
  return `BROKEN: ${laws.map(([law, by]) => `${by} ${law}`).join(", ")}`;
}

function renderBackend({ ceilings }: Report, backend: BackendReport): string {
  const { orders, callbacks, expiry, ceiling, ratios } = backend;
  const table = new Table({
    head: ["Measure", "Zhanggui", "Ceiling", "", "Ratio"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    colAligns: ["left", "right", "left", "right", "right"],
  });
  const { bareEndpoint, plainSql } = ceilings;
  table.push(
    ["orders/s", orders.perSecond, "placing SQL in a loop", plainSql.placedPerSecond, ratios.ordersToPlainSql],
    ["  latency p50 / p99 / max ms", spread(orders.latencyMs), "", "", ""],
    [
      "callbacks acknowledged/s",
      callbacks.acknowledged.perSecond,
      "Hono and HMAC",
      bareEndpoint.perSecond,
      ratios.acknowledgedToBareEndpoint,
    ],
    ["", "", "… and one queue.add", ceiling.endpointWithAdd.perSecond, ratios.acknowledgedToEndpointWithAdd],
    [
      "  latency p50 / p99 / max ms",
      spread(callbacks.acknowledged.latencyMs),
      "… and one queue.add",
      spread(ceiling.endpointWithAdd.latencyMs),
      "",
    ],
    [
      "settled/s, first sent to last settled",
      callbacks.settledPerSecond,
      "settling SQL in a loop",
      plainSql.settledPerSecond,
      ratios.settledToPlainSql,
    ],
    ["  after receipt p50 / p99 / max ms", spread(callbacks.settledAfterMs), "", "", ""],
    [
      "expired/s, all due in one second",
      expiry.expiredPerSecond,
      "expiring SQL in a loop",
      plainSql.expiredPerSecond,
      ratios.expiredToPlainSql,
    ],
    ["  behind the deadline p50 / p99 / max ms", spread(expiry.lagMs), "", "", ""],
  );
  return table.toString();
}

function spread({ p50, p99, max }: { readonly p50: number; readonly p99: number; readonly max: number }): string {
  return `${p50} / ${p99} / ${max}`;
}
