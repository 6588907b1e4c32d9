/** What people are told of. SQL repeats each list as a CHECK; a test compares them. */
export const alertKinds = [
  "cases_open",
  "cases_overdue",
  "unit_mixed_up",
  "provider_silent",
  "provider_unreachable",
  "callbacks_refused",
  "callbacks_waiting",
  "expiry_late",
  "refunds_unknown",
  "law_broken",
  "audit_broken",
  "reconciliation",
  "key_expiring",
] as const;
export type AlertKind = (typeof alertKinds)[number];

export const alertStates = ["firing", "resolved"] as const;
export type AlertState = (typeof alertStates)[number];

/** From the mildest to the worst. */
export const alertSeverities = ["warning", "critical"] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** Why a message is sent: it began, it grew, it still lasts, it is over. */
export const alertEvents = ["firing", "more", "repeat", "resolved"] as const;
export type AlertEvent = (typeof alertEvents)[number];

/** What a message is told in numbers and names: never a secret, and no text that a buyer wrote. */
export type AlertFacts = Readonly<Record<string, string | number>>;

/** Something that is wrong right now. */
export type AlertFinding = {
  /** The same trouble has the same key, however often it is found: `provider_silent:wechat`. */
  readonly key: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly facts: AlertFacts;
  /** Where a person reads on, below `PUBLIC_URL`. */
  readonly path: string;
  /** Grows when there is more of it, such as the id of the newest case. */
  readonly mark?: string;
};

/** An alert as it was last told. */
export type ToldAlert = {
  readonly state: AlertState;
  readonly severity: AlertSeverity;
  readonly mark: string | null;
  /** Seconds since the last message. */
  readonly toldSecondsAgo: number;
  readonly isAcknowledged: boolean;
};

/** What comes after a message waits so long, so that many at once are one message. */
const groupSeconds = 600;

/** Whether people are told (again) of what was found; `undefined` when they know. Pure. */
export function whyTell(
  told: ToldAlert | undefined,
  found: Pick<AlertFinding, "severity" | "mark">,
  repeatSeconds: number,
): Exclude<AlertEvent, "resolved"> | undefined {
  if (told === undefined || told.state === "resolved") return "firing";
  if (isAtLeast(found.severity, told.severity) && found.severity !== told.severity) return "more";
  const hasGrown = found.mark !== undefined && found.mark > (told.mark ?? "");
  if (hasGrown && told.toldSecondsAgo >= groupSeconds) return "more";
  return !told.isAcknowledged && told.toldSecondsAgo >= repeatSeconds ? "repeat" : undefined;
}

export function isAtLeast(severity: AlertSeverity, minimum: AlertSeverity): boolean {
  return alertSeverities.indexOf(severity) >= alertSeverities.indexOf(minimum);
}
