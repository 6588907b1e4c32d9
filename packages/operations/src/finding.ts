import type { Engine } from "./engine.ts";

export type CheckOptions = {
  /** A head of the audit chain that was noted elsewhere, in hex: it must still be in the chain. */
  readonly auditHead?: string | undefined;
};

/** What a check found. `says` is a sentence for a person, `facts` the same for a program. */
export type Finding = {
  readonly ok: boolean;
  readonly says: string;
  readonly facts: Readonly<Record<string, unknown>>;
};

/** One law of the system, checked against the rows. It changes nothing. */
export type Check = {
  readonly name: string;
  readonly run: (engine: Pick<Engine, "db">, options: CheckOptions) => Promise<Finding>;
};
