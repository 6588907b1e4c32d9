import { type AlertNews, type Channel, deliver } from "@zhanggui/alerts";
import { type AlertMessage, alertMessages } from "@zhanggui/db";

import type { Engine } from "../engine.ts";
import type { AlertSettings } from "./alert-settings.ts";

/** Longer than a message's timeout, so that no other worker sends the same meanwhile. */
const leaseSeconds = 30;
const messagesAtOnce = 10;
const batchesARun = 5;
/** After each failed try; after the last one it is given up, some eight hours later. */
const pausesInSeconds = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400] as const;

export type Sending = Pick<Engine, "db" | "outside" | "log" | "publicUrl">;

/**
 * Sends the messages whose time has come, ten at once. What a receiver does not take is tried again, less and less
 * often, and given up after nine tries. Whoever dies between sending and noting it lets it be sent twice, under one id.
 *
 * @returns how many were taken.
 */
export async function sendAlerts(engine: Sending, settings: AlertSettings): Promise<number> {
  const channels = new Map(settings.channels.map((channel) => [channel.name, channel]));
  let sent = 0;
  for (let batch = 0; batch < batchesARun; batch += 1) {
    const claim = { channels: [...channels.keys()], leaseSeconds, limit: messagesAtOnce };
    const messages = await alertMessages.claim(engine.db, claim);
    const tries = messages.map(async (message) => {
      const channel = channels.get(message.channel);
      return channel !== undefined && (await send(engine, { message, channel, language: settings.language }));
    });
    sent += (await Promise.all(tries)).filter(Boolean).length;
    if (messages.length < messagesAtOnce) break;
  }
  return sent;
}

type Addressed = {
  readonly message: AlertMessage;
  readonly channel: Channel;
  readonly language: AlertSettings["language"];
};

async function send(engine: Sending, { message, channel, language }: Addressed): Promise<boolean> {
  const { db, log, outside } = engine;
  const { id, attempts, alert_key: alert } = message;
  const { ok, says } = await deliver(channel, newsOf(engine, message), { outside, language });
  if (ok) {
    await alertMessages.noteSent(db, id, says);
    return true;
  }
  const pauseSeconds = pausesInSeconds[attempts - 1];
  const facts = { alert, message: id, channel: channel.name, attempts, says };
  if (pauseSeconds === undefined) {
    log.error(facts, "an alert was not taken, and is given up");
    await alertMessages.noteFailure(db, { id, answer: says });
  } else {
    log.warn(facts, "an alert was not taken; it is tried again");
    await alertMessages.noteFailure(db, { id, answer: says, pauseSeconds });
  }
  return false;
}

function newsOf({ publicUrl }: Sending, { id, content }: AlertMessage): AlertNews {
  const { path, ...told } = content;
  return { id, ...told, link: publicUrl + path };
}
