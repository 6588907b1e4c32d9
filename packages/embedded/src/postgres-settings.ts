export type Settings = Readonly<Record<string, string>>;

/** On the command line and not in the cluster's files, so that every start has exactly these. */
export function postgresArguments(input: {
  readonly port: number;
  readonly durable: boolean;
  readonly settings: Settings;
}): readonly string[] {
  const settings = {
    ...settingsAlways,
    ...(input.durable ? {} : settingsThatForget),
    ...input.settings,
    port: String(input.port),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

const settingsAlways: Settings = {
  listen_addresses: "127.0.0.1",
  // No socket file: nothing is left in /tmp, and the path of a deep directory would be too long for one.
  unix_socket_directories: "",
  max_connections: "200",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // A queue's tables live and die by many small updates; the default waits for a fifth of the table.
  autovacuum_naptime: "15s",
  autovacuum_vacuum_scale_factor: "0.02",
  autovacuum_analyze_scale_factor: "0.02",
};

/** For tests alone: a power cut would ruin the cluster, and the cluster is thrown away anyhow. */
const settingsThatForget: Settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
};
