import type { Outside, StatementAnswer } from "./gateway.ts";

/** After this a call's outcome is unknown (contract). */
const callTimeoutMs = 5_000;
/** No gateway's answer to a call is larger; a statement has its own limit. */
const maximumAnswerBytes = 256 * 1024;

export type Question = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What came back, byte for byte: a signature is checked over these bytes. */
export type Exchange =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * One call to a gateway, bounded in time and size. Redirects are refused: a signed request is meant for one host.
 * Whatever goes wrong on the way leaves the outcome unknown; nothing is thrown.
 */
export async function exchange({ fetch }: Outside, { method, url, headers, body }: Question): Promise<Exchange> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: "error",
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    const bytes = await readBounded(response.body ?? []);
    return bytes === undefined
      ? { kind: "unknown", why: `the answer is larger than ${maximumAnswerBytes} bytes` }
      : { kind: "answered", status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
  } catch (error) {
    return { kind: "unknown", why: reasonOf(error) };
  }
}

/** A day's file may be large: it is streamed, and given up only when it takes this long altogether. */
const downloadLimitMs = 10 * 60 * 1000;

/** Asks for a file and answers it as a stream, so that a million lines need no more memory than one. */
export async function download({ fetch }: Outside, { method, url, headers, body }: Question): Promise<StatementAnswer> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: "error",
      signal: AbortSignal.timeout(downloadLimitMs),
    });
    if (response.status === 200 && response.body !== null) return { kind: "downloaded", file: response.body };
    await response.body?.cancel();
    return { kind: "not_ready", why: `the gateway answered ${response.status}` };
  } catch (error) {
    return { kind: "unknown", why: reasonOf(error) };
  }
}

async function readBounded(chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maximumAnswerBytes) return undefined;
    read.push(chunk);
  }
  return Buffer.concat(read);
}

/** `fetch` says only "fetch failed"; what failed is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
