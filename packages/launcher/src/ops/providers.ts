import { resolve } from "node:path";

import { ProvidersError, inspectProviders, readProvidersFile } from "@zhanggui/gateways";
import { readEnvironment } from "@zhanggui/runtime";
import { Argument, Command } from "commander";
import { z } from "zod";

import { findRunning } from "../running.ts";
import type { Variables } from "../settings.ts";
import { providersReport } from "./providers-report.ts";
import type { Verb } from "./verb.ts";

const optionsSchema = z.object({ file: z.string().min(1).optional(), production: z.boolean() });

/** Says before gateways do that a key is wrong or ends soon. Exit code 1 when something is wrong already. */
export const providersVerb: Verb = {
  command: new Command("providers")
    .description("check the providers file: its keys, how long they are valid, and what is wrong; no secret is shown")
    .addArgument(new Argument("<what>", "what to do").choices(["check"]))
    .option("--file <path>", "which file (default: PROVIDERS_FILE, or that of the running `pnpm start`)")
    .option("--production", "by the rules of production, also where NODE_ENV is another", false),

  run: async ({ variables, terminal, now }, options) => {
    const given = optionsSchema.parse(options);
    const file = given.file ?? fileOf(variables);
    const read = await readProvidersFile(file);
    if (!read.ok) throw new ProvidersError(read.problems);

    const production = given.production || variables["NODE_ENV"] === "production";
    const inspection = inspectProviders(read.text, { production, now: now() });
    terminal.print(providersReport(file, inspection));
    const isWrong =
      !inspection.ok ||
      inspection.accounts.some(({ findings }) => findings.some(({ severity }) => severity === "wrong"));
    return isWrong ? 1 : 0;
  },
};

function fileOf(variables: Variables): string {
  const { PROVIDERS_FILE: file, DATA_DIR } = readEnvironment(variables);
  const found = file ?? findRunning(resolve(DATA_DIR))?.providersFile;
  if (found === undefined) throw new Error("No providers file: name one with --file or PROVIDERS_FILE.");
  return found;
}
