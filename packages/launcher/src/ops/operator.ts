import { addOperator, changeOperator, resetPassword, viewOperator } from "@zhanggui/operators";
import { operators } from "@zhanggui/db";
import { Fault, operatorRoles } from "@zhanggui/domain";
import type { Engine } from "@zhanggui/operations";
import { Argument, Command, Option } from "commander";
import { z } from "zod";

import { table } from "./table.ts";
import type { Verb } from "./verb.ts";
import { withEngine } from "./with-engine.ts";

const actor = "system:ops";
const deeds = ["add", "list", "disable", "enable", "reset-password"] as const;
type Deed = (typeof deeds)[number];

const optionsSchema = z.object({
  email: z.email().max(254).optional(),
  role: z.enum(operatorRoles).optional(),
  name: z.string().trim().min(1).max(100).optional(),
  reason: z.string().min(1).max(500).optional(),
});
type Options = Readonly<z.infer<typeof optionsSchema>>;

const command = new Command("operator")
  .description("make, list, disable or enable the operators of the console, or give one a new one-time password")
  .addArgument(new Argument("<what>", "what to do").choices(deeds))
  .option("--email <address>", "whom; what they do stands under it in the audit")
  .addOption(new Option("--role <role>", "add: what they may do").choices(operatorRoles))
  .option("--name <name>", "add: what they are called; else the part of the address before the @")
  .option("--reason <text>", "kept in the audit");

/** Operators are people with an e-mail address and a password; programs use tokens. */
export const operatorVerb: Verb = {
  command,

  run: async (desk, given) => {
    const deed = z.enum(deeds).parse(command.processedArgs[0]);
    const parsed = optionsSchema.safeParse(given);
    if (!parsed.success) throw new Error(`--${parsed.error.issues[0]?.path.join(".")} is not usable.`);
    const work = deedsByName[deed](parsed.data);
    try {
      desk.terminal.print(await withEngine(desk, work));
      return 0;
    } catch (error) {
      const sentence = error instanceof Fault ? sentences[error.code] : undefined;
      if (sentence === undefined) throw error;
      desk.terminal.report(sentence);
      return 1;
    }
  },
};

const sentences: Readonly<Record<string, string>> = {
  operator_exists: "There is an operator with this e-mail address already.",
  operator_not_found: "There is no operator with this e-mail address: `ops operator list` shows all.",
  last_admin: "This is the last admin: make another one first.",
};

type Work = ({ db }: Pick<Engine, "db">) => Promise<string>;

const deedsByName: Readonly<Record<Deed, (options: Options) => Work>> = {
  add: ({ email, role, name, reason }) => {
    if (email === undefined || role === undefined) throw new Error("operator add needs --email and --role.");
    const wanted = { email, role, name: name ?? email.replace(/@.*$/, ""), actor, reason };
    return async ({ db }) => told(await addOperator(db, wanted));
  },
  list:
    () =>
    async ({ db }) =>
      listed((await operators.list(db)).map(viewOperator)),
  disable: (options) => setDisabled(options, true),
  enable: (options) => setDisabled(options, false),
  "reset-password": (options) => {
    const email = emailOf(options);
    return async ({ db }) => told(await resetPassword(db, { email }, { actor, reason: options.reason }));
  },
};

function setDisabled(options: Options, disabled: boolean): Work {
  const email = emailOf(options);
  return async ({ db }) => {
    const operator = await changeOperator(db, { email }, { disabled, actor, reason: options.reason });
    return `${operator.email}: ${disabled ? "disabled, and signed out everywhere" : "enabled"}.`;
  };
}

function emailOf({ email }: Options): string {
  if (email === undefined) throw new Error("--email says whom.");
  return email;
}

function told({ operator, oneTimePassword }: Awaited<ReturnType<typeof addOperator>>): string {
  return [
    `${operator.email} (${operator.role})`,
    `One-time password: ${oneTimePassword}`,
    "It is shown this once, and has to be changed at the first sign-in.",
  ].join("\n");
}

function listed(all: readonly ReturnType<typeof viewOperator>[]): string {
  if (all.length === 0) return "There is no operator yet: `ops operator add` makes one.";
  const rows = all.map(({ email, name, role, disabled, mustChangePassword, twoFactor }) => [
    email,
    name,
    role,
    disabled ? "disabled" : mustChangePassword ? "one-time password" : "active",
    twoFactor ? "yes" : "no",
  ]);
  return table(["e-mail", "name", "role", "state", "second factor"], rows);
}
