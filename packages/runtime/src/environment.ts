import { z } from "zod";

import { alertMistakes, alertTargets, webhookSecret } from "./alert-targets.ts";
import { latePaymentPolicies } from "./late-payment-policies.ts";

/** A whole number of seconds from text, within bounds that keep timers meaningful. */
const seconds = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);

const port = z.coerce.number().int().min(1).max(65_535);
const redisUrl = /^rediss?:\/\/\S+$/;
const minimumSecretBytes = 32;
const secret = z.string().refine((text) => Buffer.byteLength(text) >= minimumSecretBytes, {
  error: `must have at least ${minimumSecretBytes} bytes`,
});

/** Every variable of the contract, with its default. Nothing else in the system reads the environment. */
const environmentSchema = z
  .object({
    NODE_ENV: z.enum(["production", "development", "test"]).default("development"),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, "must start with postgres:// or postgresql://")
      .optional(),
    REDIS_URL: z
      .string()
      .refine((list) => list.split(",").every((node) => redisUrl.test(node.trim())), {
        error: "must be redis:// or rediss://, or a comma-separated list of them",
      })
      .optional(),
    QUEUE: z.enum(["redis", "postgres"]).optional(),
    DATA_DIR: z.string().min(1).default(".data"),
    API_HOST: z.string().min(1).default("127.0.0.1"),
    API_PORT: port.default(3000),
    SIMULATOR_PORT: port.optional(),
    PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
    JWT_SECRET: secret.optional(),
    JWT_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
    AUTH_SECRET: secret.optional(),
    PROVIDERS_FILE: z.string().min(1).optional(),
    ORDER_TTL_SECONDS: seconds(1, 30 * 86_400).default(1_800),
    EXPIRY_RECHECK_SECONDS: seconds(1, 86_400).default(60),
    SWEEP_SECONDS: seconds(1, 3_600).default(30),
    SECOND_PERSON_LIMIT: z
      .string()
      .regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?$/, "must be yuan text such as 50000.00")
      .default("50000.00"),
    LATE_PAYMENT_POLICY: latePaymentPolicies,
    ALERT_URLS: alertTargets,
    ALERT_SECRET: webhookSecret.optional(),
    ALERT_MINIMUM_SEVERITY: z.enum(["warning", "critical"]).default("warning"),
    ALERT_LANGUAGE: z.enum(["zh", "en"]).default("zh"),
    ALERT_REPEAT_MINUTES: z.coerce.number().int().min(5).max(10_080).default(240),
    LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  })
  .refine((values) => values.QUEUE !== "redis" || values.REDIS_URL !== undefined, {
    path: ["QUEUE"],
    error: "is redis, but REDIS_URL is not set",
  })
  .superRefine((values, context) => {
    for (const { name, text } of alertMistakes(values)) {
      context.addIssue({ code: "custom", path: [name], message: text });
    }
  });

export type Environment = Readonly<z.infer<typeof environmentSchema>>;

/** Mistakes in the set-up that a person must mend before anything starts: one line each, by name. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`configuration: ${problems.join("; ")}`);
    this.name = "ConfigurationError";
    this.problems = problems;
  }
}

/** Reads the environment once. An empty value counts as unset. Throws one error that names every mistake. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  required: readonly (keyof Environment)[] = [],
): Environment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environmentSchema.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const missing = required.filter((name) => given[name] === undefined).map((name) => `${name}: is required`);
  if (!parsed.success || missing.length > 0) throw new ConfigurationError([...problems, ...missing]);
  return parsed.data;
}
