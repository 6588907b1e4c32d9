import { html } from "hono/html";

import type { Reading } from "../pages/language.ts";
import type { Html } from "../pages/layout.ts";
import type { Played } from "../vendors/play-accounts.ts";
import type { Look } from "../vendors/vendor.ts";

/** A provider that a buyer can choose. */
export type Channel = { readonly id: string; readonly look: Look };

export function channelsOf(played: Played): readonly Channel[] {
  return [...played].map(([id, { look }]) => ({ id, look }));
}

/** The vendor's name; with the provider id where two of them have the same, and the bare id where nobody plays it. */
export function channelName({ words }: Reading, channels: readonly Channel[], id: string): string {
  const channel = channels.find((each) => each.id === id);
  if (channel === undefined) return id;
  const name = words.vendor[channel.look];
  return channels.some((each) => each.look === channel.look && each.id !== id) ? `${name} (${id})` : name;
}

/** Lets the buyer choose, where there is a choice. */
export function channelField(reading: Reading, channels: readonly Channel[], chosen?: string): Html {
  if (channels.length < 2)
    return html`<input type="hidden" name="provider" value="${channels[0]?.id ?? chosen ?? ""}" />`;
  return html`<label class="field">
    <span>${reading.words.channel}</span>
    <select name="provider">
      ${channels.map(
        ({ id }) =>
          html`<option value="${id}" ${id === chosen ? "selected" : ""}>${channelName(reading, channels, id)}</option>`,
      )}
    </select>
  </label>`;
}
