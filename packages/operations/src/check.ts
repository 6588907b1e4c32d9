import { repairs } from "@zhanggui/db";

import { auditChainCheck } from "./check-audit.ts";
import { type KeptBreach, checkLaws } from "./check-laws.ts";
import type { Engine } from "./engine.ts";
import type { CheckOptions, Finding } from "./finding.ts";
import { findLaw, laws } from "./laws/index.ts";
import type { Law } from "./laws/law.ts";

export type Checked = Finding & {
  readonly name: string;
  readonly breaches: readonly KeptBreach[];
  /** Whether there are most likely more breaches than were looked for. */
  readonly more: boolean;
};

export type RunChecks = CheckOptions & {
  /** Only the law of this name. */
  readonly law?: Law | undefined;
};

/**
 * Checks every law against all rows, one after the other. A breach opens a case with its plan; a case whose law holds
 * again is closed. Nothing else is changed.
 */
export async function runChecks(
  engine: Pick<Engine, "db" | "wake" | "log">,
  { law, auditHead }: RunChecks = {},
): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const one of law === undefined ? laws : [law]) {
    checked.push(
      one.name === auditChainCheck.name ? await checkAudit(engine, one, { auditHead }) : await checkOne(engine, one),
    );
  }
  return checked;
}

/** The names of all laws, in the order in which they are told. */
export const lawNames: readonly string[] = laws.map(({ name }) => name);

/** The law of a name that a person typed. */
export { findLaw };

async function checkOne(engine: Pick<Engine, "db" | "wake" | "log">, law: Law): Promise<Checked> {
  const [run] = await checkLaws(engine, { reach: { kind: "all" }, law });
  if (run === undefined) throw new Error(`${law.name} was not checked`);
  const { name, holds, says, breaches, more, ms } = run;
  return { name, ok: holds, says, facts: { ms }, breaches, more };
}

/** The chain tells more than whether it holds: its head, to be kept elsewhere, and how much waits for a seal. */
async function checkAudit(
  engine: Pick<Engine, "db" | "wake" | "log">,
  law: Law,
  options: CheckOptions,
): Promise<Checked> {
  const finding = await auditChainCheck.run(engine, options);
  const known = await repairs.open(engine.db, { law: law.name, limit: 1 });
  const told = finding.ok && known.length === 0 ? undefined : await checkOne(engine, law);
  return { name: law.name, ...finding, breaches: told?.breaches ?? [], more: false };
}
