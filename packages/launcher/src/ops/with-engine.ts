import { boot, shutDown } from "@zhanggui/boot";
import type { Engine } from "@zhanggui/operations";

import { createPlainLogger } from "../plain-logger.ts";
import { findSystem } from "./find-system.ts";
import type { Desk } from "./verb.ts";

const poolSize = 4;

/** Opens the system for one verb, and closes it whatever happens. */
export async function withEngine<Result>(desk: Desk, work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const log = createPlainLogger("ops", desk.terminal.report);
  const booted = await boot(findSystem(desk.variables), {
    name: "ops",
    poolSize,
    log,
    patienceSeconds: 3,
    now: desk.now,
  });
  try {
    return await work(booted.engine);
  } finally {
    await shutDown(booted);
  }
}
