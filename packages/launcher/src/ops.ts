import { runMain } from "@zhanggui/runtime";
import { Command } from "commander";

import { alertVerb } from "./ops/alert.ts";
import { cancelUnpaidVerb } from "./ops/cancel-unpaid.ts";
import { checkVerb } from "./ops/check.ts";
import { operatorVerb } from "./ops/operator.ts";
import { policyVerb } from "./ops/policy.ts";
import { providersVerb } from "./ops/providers.ts";
import { rebuildQueuesVerb } from "./ops/rebuild-queues.ts";
import { reconcileVerb } from "./ops/reconcile.ts";
import { repairVerb } from "./ops/repair.ts";
import { tokenVerb } from "./ops/token.ts";
import type { Desk } from "./ops/verb.ts";
import { openTerminal } from "./terminal.ts";

/** `pnpm ops`: the operator's command line. */
await runMain(async () => {
  const desk: Desk = { variables: process.env, terminal: openTerminal(process), now: () => new Date() };
  const program = new Command("ops")
    .description(
      "Operator's commands for Zhanggui (掌柜).\nThey work on DATABASE_URL, or else on the running `pnpm start`.",
    )
    .showHelpAfterError("(ops --help tells the verbs, ops <verb> --help its options)");

  let exitCode = 0;
  for (const { command, run } of [
    cancelUnpaidVerb,
    checkVerb,
    repairVerb,
    rebuildQueuesVerb,
    reconcileVerb,
    providersVerb,
    policyVerb,
    alertVerb,
    operatorVerb,
    tokenVerb,
  ]) {
    program.addCommand(command.action(async () => void (exitCode = await run(desk, command.opts()))));
  }
  await program.parseAsync(process.argv);
  process.exit(exitCode);
});
