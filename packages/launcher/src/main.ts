import { runMain } from "@zhanggui/runtime";

import { programs } from "./children/programs.ts";
import { runSystem } from "./run-system.ts";
import { readSettings } from "./settings.ts";
import { openTerminal } from "./terminal.ts";

/** The whole system on one machine, until it is told to stop. */
export async function main(host: NodeJS.Process, stop: AbortSignal): Promise<void> {
  await runMain(async () => {
    const terminal = openTerminal(host);
    const settings = await readSettings(host.env);
    await runSystem({ settings, variables: host.env, programs, stop, terminal });
    host.exit(0);
  });
}
