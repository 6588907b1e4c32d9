import {
  applyRepairs,
  findLaw,
  lawNames,
  readConsistency,
  repairsAtOnce,
  runChecks,
  undoRepair,
} from "@zhanggui/operations";
import type { Engine } from "@zhanggui/operations";
import { Command, Option } from "commander";
import { z } from "zod";

import { type PlannedRepair, repairReport, resultReport } from "./repair-report.ts";
import type { Verb } from "./verb.ts";
import { withEngine } from "./with-engine.ts";

const actor = "system:ops";
const longestReason = 500;

const optionsSchema = z.object({
  law: z.string().optional(),
  id: z.array(z.string()).optional(),
  reason: z.string().min(1).max(longestReason).optional(),
  yes: z.boolean(),
  dryRun: z.boolean(),
  undo: z.boolean(),
});
type Options = z.infer<typeof optionsSchema>;

/**
 * Shows the plans of what is broken, statement by statement, and carries them out only with `--yes` and a reason. Exit
 * code 1 when one was refused, or waits for a person.
 */
export const repairVerb: Verb = {
  command: new Command("repair")
    .description("show how breaches of the system's laws would be mended; with --yes, mend them")
    .addOption(new Option("--law <name>", "only breaches of this law").choices([...lawNames]))
    .option("--id <plan...>", "only these plans")
    .option("--reason <text>", "why; kept in the audit")
    .option("--yes", "carry the plans out", false)
    .option("--dry-run", "only show the plans, whatever else is said", false)
    .option("--undo", "take back what the plans named with --id have changed", false),

  run: async (desk, given) => {
    const options = optionsSchema.parse(given);
    const isWet = (options.yes || options.undo) && !options.dryRun;
    if (isWet && options.reason === undefined) throw new Error("Say why: --reason <text>.");
    if (options.undo && options.id === undefined) throw new Error("Name what is to be taken back: --id <plan>.");

    return withEngine(desk, async (engine) => {
      if (options.undo) return takeBack(engine, options, desk.terminal.print);
      const planned = await plansFor(engine, options);
      desk.terminal.print(repairReport(planned));
      if (!isWet) {
        if (planned.length > 0)
          desk.terminal.print("\nNothing was changed: --yes --reason <text> carries the plans out.");
        return 0;
      }
      const ids = planned.filter(({ plan }) => plan.kind === "mend").map(({ id }) => id);
      if (ids.length === 0) return planned.length === 0 ? 0 : 1;
      const results = await applyRepairs(engine, { ids, reason: options.reason ?? "", actor });
      desk.terminal.print(`\n${resultReport(results)}`);
      return ids.length < planned.length || results.some(({ outcome }) => outcome === "refused") ? 1 : 0;
    });
  },
};

/** What is broken now: the laws are checked first, so that no plan is shown that has gone stale. */
async function plansFor(engine: Engine, { law, id: ids }: Options): Promise<readonly PlannedRepair[]> {
  const only = law === undefined ? undefined : findLaw(law);
  await runChecks(engine, { law: only });
  const laws = await readConsistency(engine);
  return laws
    .filter(({ name }) => law === undefined || name === law)
    .flatMap(({ name, breaches }) => breaches.map((breach) => ({ ...breach, law: name })))
    .filter(({ id, accepted }) => (ids === undefined ? !accepted : ids.includes(id)))
    .slice(0, repairsAtOnce);
}

async function takeBack(
  engine: Engine,
  { id: ids = [], reason = "" }: Options,
  print: (line: string) => void,
): Promise<number> {
  for (const id of ids.slice(0, repairsAtOnce)) {
    await undoRepair(engine, id, { actor, reason });
    print(`${id}: taken back`);
  }
  return 0;
}
