import { type Event, eventOf } from "../event.ts";
import { foldersOf } from "../folders.ts";
import type { StripeHouse } from "../house.ts";
import { listOf } from "../lists.ts";
import { noSuch } from "../refusal.ts";
import type { Call } from "./call.ts";

/** `GET /v1/events`: what was told, delivered or not. */
export const listEvents: Call = (house, { parameters }) => {
  const type = parameters.get("type");
  const wanted = eventsIn(house).filter((event) => type === undefined || event.type === type);
  return listOf("/v1/events", parameters, wanted);
};

export const readEvent: Call = (house, { id }) => {
  const found = eventsIn(house).find((event) => event.id === id);
  if (found === undefined) throw noSuch("event", id);
  return found;
};

/** Duplicates are one event with the notice that they repeat, and a forgery was never Stripe's. */
function eventsIn(house: StripeHouse): readonly Event[] {
  return foldersOf(house)
    .flatMap(({ notices }) => [...notices.values()])
    .filter(({ role }) => role === "notice")
    .map((notice) => eventOf(house, notice));
}
