import type { Channel, ChannelFormat } from "./channel.ts";
import { dingtalk } from "./formats/dingtalk.ts";
import { feishu } from "./formats/feishu.ts";
import type { Answer, Format } from "./formats/format.ts";
import { slack } from "./formats/slack.ts";
import { webhook } from "./formats/webhook.ts";
import { wecom } from "./formats/wecom.ts";
import type { AlertNews } from "./news.ts";
import type { Language } from "./words.ts";

const formats: Readonly<Record<ChannelFormat, Format>> = { webhook, dingtalk, wecom, feishu, slack };

const timeoutMs = 5_000;
const longestAnswerBytes = 16_384;
const longestSaying = 200;
/** Shorter parts of an address are words of it, such as `robot`. */
const shortestToken = 9;

export type Outside = { readonly fetch: typeof fetch; readonly now: () => Date };

export type Delivered = { readonly ok: boolean; readonly says: string };

/**
 * Sends one message once, and says how it went in words that hold neither the address nor a secret. Never throws for
 * what the other side does. A redirect is a refusal: it would carry the message, and for most the token, elsewhere.
 */
export async function deliver(
  channel: Channel,
  news: AlertNews,
  { outside, language }: { readonly outside: Outside; readonly language: Language },
): Promise<Delivered> {
  const format = formats[channel.format];
  const { url, headers, body } = format.write({ news, channel, language, now: outside.now() });
  try {
    const response = await outside.fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await beginningOf(response);
    return told(channel, response.status, response.ok ? format.read(text) : { ok: false, says: text });
  } catch (error) {
    return { ok: false, says: reasonOf(error) };
  }
}

function told(channel: Channel, status: number, { ok, says }: Answer): Delivered {
  const words = withoutSecrets(channel, says)
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  const redirect = status >= 300 && status < 400 ? " a redirect, not followed" : "";
  return { ok, says: `${status}${redirect} ${words}`.trim().slice(0, longestSaying).toWellFormed() };
}

/** A receiver, or a proxy before it, may say back what it was sent. */
function withoutSecrets({ url, secret }: Channel, text: string): string {
  const { pathname, searchParams } = new URL(url);
  return [secret, ...searchParams.values(), ...pathname.split("/")]
    .filter((part) => part !== undefined && part.length >= shortestToken)
    .reduce((rest: string, part) => rest.replaceAll(part ?? "", "[redacted]"), text);
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    chunks.push(chunk);
    // Leaving the loop cancels the rest.
    if (bytes > longestAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A code at most: a message of the network stack may name the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "not sent";
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1_000} s`;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return code === undefined ? "the connection failed" : `the connection failed: ${code}`;
}
