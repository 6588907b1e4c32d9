import type { Channel, Language } from "@zhanggui/alerts";
import type { AlertSeverity } from "@zhanggui/domain";

/** Whom alerts are sent to, and how much they want to hear. Without a channel they are only logged. */
export type AlertSettings = {
  readonly channels: readonly Channel[];
  readonly minimumSeverity: AlertSeverity;
  readonly language: Language;
  /** One that lasts is told again so long after it was told last. */
  readonly repeatSeconds: number;
};
