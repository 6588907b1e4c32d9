import { dryRunPolicies } from "@zhanggui/operations";
import { latePaymentPolicies } from "@zhanggui/runtime";
import { Argument, Command, InvalidArgumentError } from "commander";
import { z } from "zod";

import { policyReport } from "./policy-report.ts";
import type { Verb } from "./verb.ts";
import { wholeNumber } from "./whole-number.ts";
import { withEngine } from "./with-engine.ts";

const maximumDays = 3_650;
const maximumCases = 10_000;

const optionsSchema = z.object({ policy: latePaymentPolicies, days: z.number(), limit: z.number() });

/** Says what a policy would have done with the cases there were, before it is put in force. */
export const policyVerb: Verb = {
  command: new Command("policy")
    .description("try a policy for late and surplus money on past cases; changes nothing")
    .addArgument(new Argument("<what>", "what to do").choices(["dry-run"]))
    .requiredOption("--policy <text>", "as in LATE_PAYMENT_POLICY: hold, or hold,wechat=refund,alipay=revive", policy)
    .option("--days <n>", "cases opened in so many days", wholeNumber(1, maximumDays), 30)
    .option("--limit <n>", "at most so many cases, newest first", wholeNumber(1, maximumCases), 500),

  run: async (desk, options) => {
    const { policy: policies, ...window } = optionsSchema.parse(options);
    const would = await withEngine(desk, (engine) => dryRunPolicies(engine, { policies, ...window }));
    desk.terminal.print(policyReport(would, window));
    return 0;
  },
};

function policy(text: string): string {
  const read = latePaymentPolicies.safeParse(text);
  if (read.success) return text;
  throw new InvalidArgumentError(read.error.issues.map(({ message }) => message).join("; "));
}
