import {
  alertMessages,
  alerts,
  duties,
  isDatabaseUnavailable,
  refusedCallbacks,
  transact,
  type Alert,
  type Tx,
} from "@zhanggui/db";
import { type AlertEvent, type AlertFinding, type AlertKind, isAtLeast, whyTell } from "@zhanggui/domain";

import type { Engine } from "../engine.ts";
import { newId } from "../ids.ts";
import type { AlertSettings } from "./alert-settings.ts";
import { badReconciliations, brokenLaws } from "./book-conditions.ts";
import { mixedUpUnits, openCases, overdueCases } from "./case-conditions.ts";
import type { Condition } from "./condition.ts";
import { lateExpiry, unknownRefunds, waitingCallbacks } from "./lag-conditions.ts";
import { endingCertificates, refusedOnes, silentProviders, unreachableProviders } from "./provider-conditions.ts";

const conditions: readonly Condition[] = [
  openCases,
  overdueCases,
  mixedUpUnits,
  silentProviders,
  unreachableProviders,
  refusedOnes,
  endingCertificates,
  waitingCallbacks,
  lateExpiry,
  unknownRefunds,
  brokenLaws,
  badReconciliations,
];

const duty = "alerts";
/** One worker of the pool looks this often. */
const everySeconds = 15;
/** What was not found for so long is over: four looks. */
const quietSeconds = 60;

const messageDays = 7;
const messagesForgottenAtOnce = 1_000;
const alertDays = 90;
const refusalHours = 1;

export type Watching = Pick<Engine, "db" | "providers" | "outside" | "log">;

/**
 * Looks at the rows for everything that people should know, and writes down what they are to be told: when it begins,
 * when there is more of it, while it lasts, and when it is over. Nothing is sent here, so nothing is lost with a process.
 *
 * @returns how many events were told of, `undefined` when another worker looked just now.
 */
export async function watchAlerts(engine: Watching, settings: AlertSettings): Promise<number | undefined> {
  if (!(await duties.claim(engine.db, duty, everySeconds))) return undefined;
  const { findings, kinds } = await look(engine);
  const told = await transact(engine.db, (tx) => writeDown(tx, { findings, kinds }, settings));
  for (const { event, alert } of told) logEvent(engine, event, alert);

  await alertMessages.forget(engine.db, { days: messageDays, limit: messagesForgottenAtOnce });
  await alerts.forget(engine.db, alertDays);
  await refusedCallbacks.forget(engine.db, refusalHours);
  return told.length;
}

type Looked = { readonly findings: readonly AlertFinding[]; readonly kinds: readonly AlertKind[] };

/** A condition that fails says nothing about its kinds: they neither begin nor end. */
async function look(engine: Watching): Promise<Looked> {
  const findings: AlertFinding[] = [];
  const kinds: AlertKind[] = [];
  for (const condition of conditions) {
    try {
      findings.push(...(await condition.find(engine)));
      kinds.push(...condition.kinds);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      engine.log.error({ err: error, kinds: condition.kinds }, "a condition of alerts could not be looked at");
    }
  }
  return { findings, kinds };
}

type Happened = { readonly event: AlertEvent; readonly alert: Alert };

async function writeDown(tx: Tx, { findings, kinds }: Looked, settings: AlertSettings): Promise<readonly Happened[]> {
  await alerts.takeTurn(tx, duty);
  const told = await alerts.told(tx);
  const happened: Happened[] = [];
  for (const finding of findings) {
    const event = whyTell(told.get(finding.key), finding, settings.repeatSeconds);
    if (event === undefined) await alerts.foundAgain(tx, finding);
    else {
      const alert = event === "firing" ? await alerts.begin(tx, finding) : await alerts.tellAgain(tx, finding);
      happened.push({ event, alert });
    }
  }
  if (kinds.length > 0) {
    const ended = await alerts.endQuiet(tx, { kinds, quietSeconds });
    happened.push(...ended.map((alert) => ({ event: "resolved" as const, alert })));
  }
  for (const one of happened) await address(tx, one, settings);
  return happened;
}

/** A message for each receiver, in the transaction that says why. */
async function address(
  tx: Tx,
  { event, alert }: Happened,
  { channels, minimumSeverity }: AlertSettings,
): Promise<void> {
  if (!isAtLeast(alert.severity, minimumSeverity)) return;
  const { key, kind, severity, facts, path } = alert;
  const since = alert.first_at.toISOString();
  const at = (alert.resolved_at ?? alert.last_at).toISOString();
  for (const { name } of channels) {
    await alertMessages.add(tx, {
      id: newId("msg"),
      channel: name,
      content: { key, kind, event, severity, facts, path, since, at },
    });
  }
}

function logEvent({ log }: Watching, event: AlertEvent, { key, severity, facts }: Alert): void {
  const told = { alert: key, event, severity, facts };
  if (event === "resolved") log.info(told, "alert resolved");
  else if (severity === "critical") log.error(told, "alert");
  else log.warn(told, "alert");
}
