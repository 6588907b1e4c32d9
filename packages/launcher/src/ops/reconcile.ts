import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import { reconciliationDifferences } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";
import { type Reconciled, reconcile } from "@zhanggui/operations";
import { Command } from "commander";
import { z } from "zod";

import { showProgress } from "./reconcile-progress.ts";
import { reconcileReport } from "./reconcile-report.ts";
import type { Verb } from "./verb.ts";
import { withEngine } from "./with-engine.ts";

/** Differences that are printed; the rest are in the admin API. */
const differencesShown = 100;
const matched = 0;
const differing = 1;
const notDone = 2;

const optionsSchema = z.object({
  provider: z.string(),
  date: z.string().optional(),
  file: z.string().optional(),
  query: z.boolean(),
  json: z.boolean(),
});

/** Compares a day of a provider with our book. Exit code 0: they agree, 1: they do not, 2: it could not be done. */
export const reconcileVerb: Verb = {
  command: new Command("reconcile")
    .description("compare a provider's statement of one day with the book (对账); what differs becomes a case")
    .requiredOption("--provider <id>", "the account, as PROVIDERS_FILE names it")
    .option("--date <yyyy-mm-dd>", "the gateway's own day; yesterday, or with --query today, unless given")
    .option("--file <path>", "a statement that was downloaded by hand, unpacked")
    .option("--query", "ask about each payment and refund instead of taking a statement", false)
    .option("--json", "print JSON", false),

  run: async (desk, options) => {
    const { provider, date, file, query, json } = optionsSchema.parse(options);
    const { terminal } = desk;
    if (file !== undefined && query) {
      terminal.report("--file and --query cannot be used together.");
      return notDone;
    }
    const bytes = file === undefined ? undefined : await sizeOf(file);
    if (bytes instanceof Error) {
      terminal.report(`The file cannot be read: ${bytes.message}`);
      return notDone;
    }
    const progress = showProgress(terminal, bytes);
    try {
      return await withEngine(desk, async (engine) => {
        const done = await reconcile(
          engine,
          {
            provider,
            date,
            source: query ? "query" : file === undefined ? "downloaded" : "file",
            file: file === undefined ? undefined : progress.counting(createReadStream(file)),
            askedBy: "ops",
          },
          progress.show,
        );
        progress.stop();
        const { id } = done.run;
        const differences = await reconciliationDifferences.page(engine.db, id, { limit: differencesShown });
        terminal.print(
          json
            ? JSON.stringify({ reconciliation: done.run, differences }, null, 2)
            : reconcileReport(done, differences),
        );
        return codeOf(done);
      });
    } catch (error) {
      progress.stop();
      if (!(error instanceof Fault)) throw error;
      terminal.report(`It could not be done: ${[error.code, ...Object.values(error.facts)].join(", ")}.`);
      return notDone;
    }
  },
};

async function sizeOf(file: string): Promise<number | Error> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function codeOf(done: Reconciled): number {
  if (done.kind === "not_done") return notDone;
  return done.run.state === "matched" ? matched : differing;
}
