import { alertSettingsOf, boot, shutDown } from "@zhanggui/boot";
import { openPool } from "@zhanggui/queue";
import { createLogger, readEnvironment, runMain, stopOnSignal } from "@zhanggui/runtime";

import { startAlertWatch } from "./alert-watch.ts";
import { type Guard, startGuard } from "./guard.ts";
import { startLawWatch } from "./law-watch.ts";
import { logRun } from "./log-run.ts";
import { buildProcessors } from "./processors.ts";
import { startReconciling } from "./reconciling.ts";

/** A connection for each job that may run at once, and a few for the sweep. */
const databasePoolSize = 24;

await runMain(async () => {
  const environment = readEnvironment(process.env, ["DATABASE_URL"]);
  const { LOG_LEVEL, SWEEP_SECONDS: sweepSeconds } = environment;
  const log = createLogger("worker", LOG_LEVEL);
  const booted = await boot(environment, {
    name: "worker",
    poolSize: databasePoolSize,
    log,
    now: () => new Date(),
  });
  const { engine, producer, backend } = booted;

  let guard: Guard | undefined;
  const pool = await openPool({
    backend,
    processors: buildProcessors(engine, sweepSeconds),
    log,
    onRun: (run) => logRun(log, run),
    onReconnect: () => guard?.queueCameBack(),
  });
  const started = startGuard(engine, producer, sweepSeconds);
  guard = started;
  const alertWatch = startAlertWatch(engine, alertSettingsOf(environment));
  const lawWatch = startLawWatch(engine);
  const reconciling = startReconciling(engine);
  stopOnSignal(log, [
    {
      name: "guard and pool",
      close: () =>
        Promise.all([started.close(), alertWatch.close(), lawWatch.close(), reconciling.close(), pool.close()]),
    },
    { name: "connections", close: () => shutDown(booted) },
  ]);

  if (!(await pool.ready())) return;
  log.info({ queue: backend.kind }, "taking jobs");
  process.send?.("ready");
});
