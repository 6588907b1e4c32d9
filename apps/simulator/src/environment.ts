import { ConfigurationError } from "@zhanggui/runtime";
import { z } from "zod";

const maximumSpeed = 1_000_000;

/** What only the simulator reads; the rest is the system's environment. */
const simulatorEnvironment = z.object({
  SIMULATOR_PORT: z.coerce.number().int().min(1).max(65_535).default(3001),
  SIMULATOR_SPEED: z.coerce.number().min(0.01).max(maximumSpeed).default(60),
  /** The gateways' half of the keys, for the accounts that hold only the merchant's. */
  SIMULATOR_KEYS_FILE: z.string().optional(),
  API_URL: z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:3000"),
});

export type SimulatorEnvironment = Readonly<z.infer<typeof simulatorEnvironment>>;

export function readSimulatorEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): SimulatorEnvironment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = simulatorEnvironment.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}
