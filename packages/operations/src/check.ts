import { auditChainCheck } from "./check-audit.ts";
import type { Engine } from "./engine.ts";
import type { Check, CheckOptions, Finding } from "./finding.ts";

/** Every check, in the order in which they are told. */
const checks: readonly Check[] = [auditChainCheck];

export type Checked = Finding & { readonly name: string };

/** Runs every check, one after the other; one that finds something wrong does not keep the others from their turn. */
export async function runChecks(engine: Pick<Engine, "db">, options: CheckOptions = {}): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const { name, run } of checks) checked.push({ name, ...(await run(engine, options)) });
  return checked;
}
