import { findLaw, lawNames, runChecks } from "@zhanggui/operations";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";

import { checkReport } from "./check-report.ts";
import type { Verb } from "./verb.ts";
import { withEngine } from "./with-engine.ts";

const optionsSchema = z.object({ json: z.boolean(), law: z.string().optional(), auditHead: z.string().optional() });

/** Says of each law of the system whether the rows obey it; a breach opens a case. Exit code 1 when one does not. */
export const checkVerb: Verb = {
  command: new Command("check")
    .description("check that the database obeys the system's laws; a breach opens a case with a plan")
    .option("--json", "print JSON", false)
    .addOption(new Option("--law <name>", "only this law").choices([...lawNames]))
    .option("--audit-head <hash>", "a head of the audit chain noted earlier: it must still be in the chain", head),

  run: async (desk, options) => {
    const { json, law, auditHead } = optionsSchema.parse(options);
    const only = law === undefined ? undefined : findLaw(law);
    const checked = await withEngine(desk, (engine) => runChecks(engine, { auditHead, law: only }));
    desk.terminal.print(json ? JSON.stringify({ checks: checked }, null, 2) : checkReport(checked));
    return checked.every(({ ok }) => ok) ? 0 : 1;
  },
};

function head(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 64 hex digits, as this command prints them.");
}
