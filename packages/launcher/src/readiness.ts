import { setTimeout as sleep } from "node:timers/promises";

const limitMs = 30_000;
const requestLimitMs = 2_000;
const pollMs = 50;

/** Asks until the API says that it can do its work. Throws with its last answer when it does not in time. */
export async function untilReady(apiUrl: string, stop: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask(`${apiUrl}/readyz`);
    if (answer.ok) return;
    if (performance.now() >= deadline) {
      throw new Error(`The API was not ready within ${limitMs / 1_000} s; it said: ${answer.words}`);
    }
    await sleep(pollMs, undefined, { signal: stop });
  }
}

type Answer = { readonly ok: true } | { readonly ok: false; readonly words: string };

async function ask(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestLimitMs) });
    return response.ok ? { ok: true } : { ok: false, words: await response.text() };
  } catch (error) {
    return { ok: false, words: error instanceof Error ? error.message : String(error) };
  }
}
