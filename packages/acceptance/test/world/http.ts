/** What came back. `body` is the parsed JSON, or undefined when it was none. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The suite knows the contract only: what it reads of a body it checks.
  // oxlint-disable-next-line no-explicit-any
  readonly body: any;
};

export type Ask = {
  readonly token?: string | undefined;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly raw?: string | Uint8Array<ArrayBuffer>;
};

const timeoutMs = 15_000;

export async function ask(base: string, method: string, path: string, wanted: Ask = {}): Promise<Answer> {
  const headers: Record<string, string> = { ...wanted.headers };
  if (wanted.token !== undefined) headers["authorization"] = `Bearer ${wanted.token}`;
  if (wanted.json !== undefined) headers["content-type"] ??= "application/json";
  const body = wanted.json === undefined ? wanted.raw : JSON.stringify(wanted.json);
  const response = await fetch(base + path, {
    method,
    headers,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
