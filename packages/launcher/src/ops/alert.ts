import { randomUUID } from "node:crypto";
import { resolve } from "node:path";

import { deliver, testNews } from "@zhanggui/alerts";
import { alertSettingsOf, publicUrlOf } from "@zhanggui/boot";
import { readEnvironment } from "@zhanggui/runtime";
import { Argument, Command, Option } from "commander";
import { z } from "zod";

import { findRunning } from "../running.ts";
import { table } from "./table.ts";
import type { Verb } from "./verb.ts";

const formats = ["webhook", "dingtalk", "wecom", "feishu", "slack"] as const;
const optionsSchema = z.object({ format: z.enum(formats).optional() });

/** Tries every receiver of ALERT_URLS before there is anything to tell. Exit code 1 when one did not take it. */
export const alertVerb: Verb = {
  command: new Command("alert")
    .description("send a test alert to every address of ALERT_URLS and print what each answered; changes nothing")
    .addArgument(new Argument("<what>", "what to do").choices(["test"]))
    .addOption(new Option("--format <format>", "only to addresses of this format").choices(formats)),

  run: async ({ variables, terminal, now }, options) => {
    const { format } = optionsSchema.parse(options);
    const environment = readEnvironment(variables);
    const { channels, language } = alertSettingsOf(environment);
    const chosen = channels.filter((channel) => format === undefined || channel.format === format);
    if (chosen.length === 0) {
      throw new Error(channels.length === 0 ? "ALERT_URLS names no address." : `ALERT_URLS has no ${format} address.`);
    }
    const address = findRunning(resolve(environment.DATA_DIR))?.apiUrl;
    const publicUrl = environment.PUBLIC_URL === undefined ? address : undefined;
    const news = testNews({
      id: `msg_${randomUUID().replaceAll("-", "")}`,
      now: now(),
      link: `${publicUrl ?? publicUrlOf(environment)}/dashboard`,
    });
    const answers = await Promise.all(
      chosen.map(async (channel) => ({
        channel,
        ...(await deliver(channel, news, { outside: { fetch, now }, language })),
      })),
    );
    const rows = answers.map(({ channel, ok, says }) => [channel.name, ok ? "taken" : "NOT TAKEN", says]);
    terminal.print(table(["receiver", "result", "it said"], rows));
    return answers.every(({ ok }) => ok) ? 0 : 1;
  },
};
