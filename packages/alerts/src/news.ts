import type { AlertEvent, AlertFacts, AlertKind, AlertSeverity } from "@zhanggui/domain";

/** What a receiver is told. */
export type AlertNews = {
  /** The message's id, the same for each try. */
  readonly id: string;
  readonly key: string;
  readonly kind: AlertKind | "test";
  readonly event: AlertEvent | "test";
  readonly severity: AlertSeverity;
  readonly facts: AlertFacts;
  /** When it began, and when this was found; RFC 3339. */
  readonly since: string;
  readonly at: string;
  /** Where a person reads on. */
  readonly link: string;
};

/** Says that alerts arrive, and nothing else. */
export function testNews({
  id,
  now,
  link,
}: {
  readonly id: string;
  readonly now: Date;
  readonly link: string;
}): AlertNews {
  const at = now.toISOString();
  return { id, key: "test", kind: "test", event: "test", severity: "warning", facts: {}, since: at, at, link };
}
