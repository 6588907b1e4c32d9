import { rebuildQueues } from "@zhanggui/operations";
import { Command } from "commander";

import type { Verb } from "./verb.ts";
import { withEngine } from "./with-engine.ts";

/** For a Redis that was emptied or replaced: what is true is in PostgreSQL. */
export const rebuildQueuesVerb: Verb = {
  command: new Command("rebuild-queues").description("recreate from the database everything the queue should hold"),

  run: async (desk) => {
    const { timers, notices, refunds } = await withEngine(desk, rebuildQueues);
    desk.terminal.print(
      `Rebuilt: ${timers} timers of pending orders, ${notices} notices to settle, ${refunds} refunds to send.`,
    );
    return 0;
  },
};
