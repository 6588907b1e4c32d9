import { openChannels } from "@zhanggui/alerts";
import type { AlertSettings } from "@zhanggui/operations";
import type { Environment } from "@zhanggui/runtime";

const minuteSeconds = 60;

/** Whom alerts go to, and how, by the environment. A webhook without a secret of its own signs with `ALERT_SECRET`. */
export function alertSettingsOf(environment: Environment): AlertSettings {
  const targets = environment.ALERT_URLS.map((target) => ({
    ...target,
    secret: target.secret ?? (target.format === "webhook" ? environment.ALERT_SECRET : undefined),
  }));
  return {
    channels: openChannels(targets),
    minimumSeverity: environment.ALERT_MINIMUM_SEVERITY,
    language: environment.ALERT_LANGUAGE,
    repeatSeconds: environment.ALERT_REPEAT_MINUTES * minuteSeconds,
  };
}
