import type { Answer } from "../book/records.ts";
import type { NoticeText } from "./scheme.ts";

const deliveryTimeoutMs = 5_000;
const maximumAnswerCharacters = 1_000;
const maximumChunks = 100;

/** Posts one signed notice and says what was answered; an answer that did not come is told apart from a refusal. */
export async function postNotice(url: string, { headers, body }: NoticeText, stopping: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(deliveryTimeoutMs), stopping]),
    });
    return { kind: "answered", status: response.status, body: await beginningOf(response) };
  } catch (error) {
    return { kind: "unanswered", why: whyOf(error) };
  }
}

async function beginningOf({ body }: { readonly body: AsyncIterable<Uint8Array> | null }): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let chunks = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    chunks += 1;
    if (text.length >= maximumAnswerCharacters || chunks >= maximumChunks) break;
  }
  return text.slice(0, maximumAnswerCharacters);
}

/** `fetch` says only "fetch failed"; the reason that helps a person is in its cause. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
