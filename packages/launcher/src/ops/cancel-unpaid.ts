import { cancelUnpaid } from "@zhanggui/operations";
import { Command } from "commander";
import { z } from "zod";

import { cancelReport } from "./cancel-report.ts";
import type { Verb } from "./verb.ts";
import { wholeNumber } from "./whole-number.ts";
import { withEngine } from "./with-engine.ts";

const yearInMinutes = 525_600;
const maximumOrders = 10_000;

const optionsSchema = z.object({ minutes: z.number(), limit: z.number(), dryRun: z.boolean() });

/** The specification's 自动取消命令. Ends with a report; exit code 1 when an order could not be dealt with. */
export const cancelUnpaidVerb: Verb = {
  command: new Command("cancel-unpaid")
    .description("cancel orders that stayed unpaid, release their stock, and report")
    .option("--minutes <n>", "made at least so many minutes ago", wholeNumber(0, yearInMinutes), 30)
    .option("--limit <n>", "at most so many orders, oldest first", wholeNumber(1, maximumOrders), 500)
    .option("--dry-run", "only say which", false),

  run: async (desk, options) => {
    const request = optionsSchema.parse(options);
    const report = await withEngine(desk, (engine) => cancelUnpaid(engine, { ...request, actor: "system:ops" }));
    desk.terminal.print(cancelReport(report, request));
    return report.some(({ outcome }) => outcome === "error") ? 1 : 0;
  },
};
