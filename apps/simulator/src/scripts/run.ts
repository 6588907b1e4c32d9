import type { Armed, PaymentName } from "../calls/armed.ts";
import type { FirstDelivery, PlayDeps, Tellings } from "../play/play.ts";
import type { PlayRefusal } from "../play/rule-play.ts";
import type { Step } from "./step.ts";

/** Why a step was not carried out; the run goes on with the next one. */
export type StepRefusal = PlayRefusal | "amount_not_above_zero" | "too_many_differences";

export type StepProgress = Step & {
  readonly state: "to_come" | "waiting" | "done" | "refused";
  readonly why?: StepRefusal;
  /** The first delivery of each notice: what was sent is in the payment's log. */
  readonly deliveries?: readonly Pick<FirstDelivery, "notice" | "attempt">[];
};

export type RunState =
  | { readonly state: "running" | "done" | "stopped" }
  | { readonly state: "failed"; readonly why: RunFailure };

/** A wait in vain, a run beyond its limit, or a fault of our own. */
export type RunFailure = "already_paid" | "took_too_long" | "internal_error";

/** One script that is played with one payment. */
export type Run = PaymentName & {
  readonly id: string;
  readonly script: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly progress: RunState;
  readonly steps: readonly StepProgress[];
};

export type RunDeps = PlayDeps & { readonly armed: Armed; readonly speed: number };

/** What was composed and not sent, by the name that the script gave it. */
export type Held = Map<string, Tellings>;
