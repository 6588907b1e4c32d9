import { resolve } from "node:path";

import { roles } from "@zhanggui/domain";
import { ConfigurationError, developmentSecret, type Environment, readEnvironment } from "@zhanggui/runtime";
import { Command, Option } from "commander";
import { SignJWT } from "jose";
import { z } from "zod";

import type { Verb } from "./verb.ts";
import { wholeNumber } from "./whole-number.ts";

const maximumHours = 720;
const optionsSchema = z.object({ sub: z.string().min(1).max(200), role: z.enum(roles), hours: z.number() });

/** Prints the token and nothing else, so that `TOKEN=$(pnpm ops token ...)` works. */
export const tokenVerb: Verb = {
  command: new Command("token")
    .description("print a bearer token for the API, signed with JWT_SECRET or the secret of `pnpm start`")
    .requiredOption("--sub <name>", "who it is for: a customer's id, or your name")
    .addOption(new Option("--role <role>", "what they may do").choices(roles).makeOptionMandatory())
    .option("--hours <n>", "for how long it is valid", wholeNumber(1, maximumHours), 12),

  run: async ({ variables, terminal, now }, options) => {
    const { sub, role, hours } = optionsSchema.parse(options);
    const secret = await secretOf(readEnvironment(variables));
    const issuedAt = Math.floor(now().getTime() / 1_000);
    const token = await new SignJWT({ role })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(sub)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + hours * 3_600)
      .sign(new TextEncoder().encode(secret));
    terminal.print(token);
    return 0;
  },
};

async function secretOf({ JWT_SECRET, JWT_JWKS_URL, NODE_ENV, DATA_DIR }: Environment): Promise<string> {
  if (JWT_JWKS_URL !== undefined) {
    throw new ConfigurationError(["JWT_JWKS_URL: is set, so tokens come from that identity provider"]);
  }
  if (JWT_SECRET !== undefined) return JWT_SECRET;
  if (NODE_ENV === "production") throw new ConfigurationError(["JWT_SECRET: is required in production"]);
  return developmentSecret(resolve(DATA_DIR), "jwt");
}
