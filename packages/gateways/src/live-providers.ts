import { stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

import { ProvidersError, readProvidersFile, readProvidersText } from "./load-providers.ts";
import type { Providers } from "./providers.ts";

/** How soon a rotated key is known. Watching the folder would miss mounted volumes and renames of a link above it. */
const pollMs = 2_000;

export type ProvidersChange = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
};

export type OpenOptions = {
  readonly file: string;
  readonly production: boolean;
  /** Hears which accounts were exchanged, when they already are. */
  readonly onReload: (change: ProvidersChange) => void;
  /** Hears once what is wrong with a new text, and that the accounts before it stay. Problems never name a value. */
  readonly onProblem: (problems: readonly string[]) => void;
  readonly everyMs?: number;
};

export type OpenProviders = {
  /** Always what the file last said in good order; who has taken an account out of it keeps that one. */
  readonly providers: Providers;
  readonly close: () => void;
};

/**
 * Reads `PROVIDERS_FILE` and follows it, so that keys are rotated without a restart.
 *
 * @throws ProvidersError when the file is wrong to begin with.
 */
export async function openProviders({
  file,
  production,
  onReload,
  onProblem,
  everyMs = pollMs,
}: OpenOptions): Promise<OpenProviders> {
  // A pipe can be read but once.
  const isFollowed = await isRegularFile(file);
  const first = await readProvidersFile(file);
  const reading = first.ok ? readProvidersText(file, first.text, production) : first;
  if (!first.ok || !reading.ok) throw new ProvidersError(reading.ok ? [] : reading.problems);

  let current = reading.providers;
  let applied = first.text;
  /** What the last look found new and wrong: half a file is being written, or somebody made a mistake. */
  let suspect: string | undefined;
  let reported: string | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const found = await readProvidersFile(file);
    if (closed) return;
    const said = found.ok ? found.text : found.problems.join();
    if (said === reported) return;
    if (found.ok && said === applied) {
      suspect = reported = undefined;
      return;
    }
    const next = found.ok ? readProvidersText(file, found.text, production) : found;
    if (next.ok) {
      const change = changeBetween(current, next.providers);
      current = next.providers;
      applied = said;
      suspect = reported = undefined;
      if (!isNothing(change)) onReload(change);
    } else if (said === suspect) {
      reported = said;
      onProblem(next.problems);
    } else {
      suspect = said;
    }
  };

  const schedule = (): NodeJS.Timeout => setTimeout(() => void lookAndGoOn(), everyMs).unref();
  const lookAndGoOn = async (): Promise<void> => {
    await look();
    if (!closed) timer = schedule();
  };
  let timer = isFollowed ? schedule() : undefined;

  return {
    providers: liveView(() => current),
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** A map that answers for whichever map is current at each question. */
function liveView(current: () => Providers): Providers {
  const view: Providers = {
    get size() {
      return current().size;
    },
    get: (id) => current().get(id),
    has: (id) => current().has(id),
    keys: () => current().keys(),
    values: () => current().values(),
    entries: () => current().entries(),
    forEach: (visit, self) => {
      for (const [id, account] of current()) visit.call(self, account, id, view);
    },
    [Symbol.iterator]: () => current()[Symbol.iterator](),
  };
  return view;
}

function changeBetween(before: Providers, after: Providers): ProvidersChange {
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    changed: [...after.keys()].filter((id) => before.has(id) && !isDeepStrictEqual(before.get(id), after.get(id))),
    removed: [...before.keys()].filter((id) => !after.has(id)),
  };
}

function isNothing({ added, changed, removed }: ProvidersChange): boolean {
  return added.length + changed.length + removed.length === 0;
}

async function isRegularFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
