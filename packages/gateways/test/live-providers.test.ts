import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { type ProvidersChange, ProvidersError, openProviders, sign, verifyCallback } from "../src/index.ts";

const everyMs = 20;
const hidden = "s3cr3t-that-must-not-be-printed";
const other = "an0ther-s3cr3t-of-sufficient-length";

function textOf(secrets: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [id, { kind: "hmac", secret }])),
  );
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "live-providers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(file: string, production = true) {
  const changes: ProvidersChange[] = [];
  const problems: string[][] = [];
  const { providers, close } = await openProviders({
    file,
    production,
    everyMs,
    onReload: (change) => changes.push(change),
    onProblem: (found) => problems.push([...found]),
  });
  onTestFinished(close);
  return { providers, close, changes, problems };
}

async function openedFile(...others: readonly string[]) {
  const file = join(scratch(), "providers.json");
  writeFileSync(file, textOf(Object.fromEntries(["till", ...others].map((id) => [id, hidden]))));
  return { file, ...(await opened(file)) };
}

const severalLooks = () => new Promise((resolve) => setTimeout(resolve, everyMs * 8));

describe("a providers file that is wrong to begin with", () => {
  test("is refused", async () => {
    const file = join(scratch(), "providers.json");
    await expect(opened(file)).rejects.toThrow("ENOENT");

    writeFileSync(file, textOf({ till: "short" }));
    const refusal = opened(file);

    await expect(refusal).rejects.toBeInstanceOf(ProvidersError);
    await expect(refusal).rejects.toThrow(/till\.secret/);
  });
});

describe("a new text that is wrong", () => {
  test.each([
    ["no JSON", `{"till": "${other}`],
    ["empty", ""],
    ["of an unknown kind", JSON.stringify({ till: { kind: "tally", secret: other } })],
    ["not for production", textOf({ till: "shortest" })],
  ])("because it is %s keeps the accounts and is reported once, without a value", async (_, text) => {
    const { file, providers, changes, problems } = await openedFile();

    writeFileSync(file, text);
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    await severalLooks();

    expect(providers.get("till")).toEqual({ kind: "hmac", secret: hidden });
    expect({ changes, reports: problems.length }).toEqual({ changes: [], reports: 1 });
    expect(problems.flat().join()).toContain(file);
    expect(problems.flat().join()).not.toMatch(new RegExp(`${other}|${hidden}|shortest`));
  });

  test("is reported again when it is another one, and mended by a good one", async () => {
    const { file, providers, problems, changes } = await openedFile();

    writeFileSync(file, "{");
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    writeFileSync(file, "[");
    await vi.waitFor(() => expect(problems).toHaveLength(2));
    writeFileSync(file, textOf({ till: other }));
    await vi.waitFor(() => expect(changes).toHaveLength(1));

    expect(providers.get("till")).toMatchObject({ secret: other });
    expect(problems).toHaveLength(2);
  });

  test("is no matter when it stands only for a moment", async () => {
    const { file, changes, problems } = await openedFile();

    for (let secret = 0; secret < 5; secret += 1) {
      writeFileSync(file, "");
      writeFileSync(file, textOf({ till: `${other}-${secret}` }));
      await vi.waitFor(() => expect(changes).toHaveLength(secret + 1));
    }

    expect(problems).toEqual([]);
  });
});

test("a file that was removed keeps the accounts, is reported once, and is read when it is back", async () => {
  const { file, providers, changes, problems } = await openedFile();

  unlinkSync(file);
  await vi.waitFor(() => expect(problems).toHaveLength(1));
  await severalLooks();
  expect(problems).toEqual([[`PROVIDERS_FILE: ${file} cannot be read (ENOENT)`]]);
  expect(providers.has("till")).toBe(true);

  writeFileSync(file, textOf({ till: other }));
  await vi.waitFor(() => expect(providers.get("till")).toMatchObject({ secret: other }));
  expect(changes).toHaveLength(1);
});

describe("a new text in good order", () => {
  test("is seen by whoever holds the map, and says what it changed", async () => {
    const { file, providers, changes } = await openedFile("stays", "goes");

    writeFileSync(file, textOf({ till: other, stays: hidden, comes: hidden }));
    await vi.waitFor(() => expect(changes).toHaveLength(1));

    expect(changes).toEqual([{ added: ["comes"], changed: ["till"], removed: ["goes"] }]);
    const expected = new Map(
      Object.entries({ till: other, stays: hidden, comes: hidden }).map(([id, secret]) => [
        id,
        { kind: "hmac", secret },
      ]),
    );
    const visited: string[] = [];
    // oxlint-disable-next-line unicorn/no-array-for-each -- It is what is tested.
    providers.forEach((account, id) => visited.push(`${id} ${account.kind}`));
    expect(new Map(providers)).toEqual(expected);
    expect(new Map(providers.entries())).toEqual(expected);
    expect([...providers.keys()]).toEqual([...expected.keys()]);
    expect([...providers.values()]).toEqual([...expected.values()]);
    expect(visited).toEqual(["till hmac", "stays hmac", "comes hmac"]);
    expect(providers.size).toBe(3);
    expect(providers.has("goes")).toBe(false);
  });

  test("says nothing when only its layout is new", async () => {
    const { file, providers, changes, problems } = await openedFile();

    writeFileSync(file, `\n${textOf({ till: hidden })}\n`);
    await severalLooks();

    expect({ changes, problems, size: providers.size }).toEqual({ changes: [], problems: [], size: 1 });
  });

  test("is seen when it was renamed into place with the old one's size", async () => {
    const { file, providers } = await openedFile();

    writeFileSync(`${file}.new`, textOf({ till: hidden.toUpperCase() }));
    renameSync(`${file}.new`, file);

    await vi.waitFor(() => expect(providers.get("till")).toMatchObject({ secret: hidden.toUpperCase() }));
  });

  test("is seen when a link above it was turned, as Kubernetes does with a mounted secret", async () => {
    const folder = scratch();
    for (const [version, secret] of [
      ["..1", hidden],
      ["..2", other],
    ] as const) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "providers.json"), textOf({ till: secret }));
    }
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync("..data/providers.json", join(folder, "providers.json"));
    const { providers, problems } = await opened(join(folder, "providers.json"));

    symlinkSync("..2", join(folder, "..next"));
    renameSync(join(folder, "..next"), join(folder, "..data"));

    await vi.waitFor(() => expect(providers.get("till")).toMatchObject({ secret: other }));
    expect(problems).toEqual([]);
  });

  test("is not seen any more after close", async () => {
    const { file, close, changes, providers } = await openedFile();

    close();
    writeFileSync(file, textOf({ till: other }));
    await severalLooks();

    expect(changes).toEqual([]);
    expect(providers.get("till")).toMatchObject({ secret: hidden });
  });
});

test("an account that was taken out before stays as it was for the request that holds it", async () => {
  const { file, providers } = await openedFile();
  const held = providers.get("till");

  writeFileSync(file, textOf({ shop: other }));
  await vi.waitFor(() => expect(providers.has("till")).toBe(false));

  expect(held).toEqual({ kind: "hmac", secret: hidden });
});

test("no callback is refused while its secret is rotated in three steps under load", async () => {
  const { file, providers, changes, problems } = await openedFile();
  const rotation = [
    { secret: hidden, previousSecrets: [other] },
    { secret: other, previousSecrets: [hidden] },
    { secret: other },
  ];
  let secret = hidden;
  let refused = 0;
  let believed = 0;
  let isOver = false;
  const sender = async (): Promise<void> => {
    while (!isOver) {
      const held = providers.get("till");
      if (held === undefined) throw new Error("the account went missing");
      const { ok } = await verifyCallback(held, callbackSignedWith(secret), { now: new Date(), production: true });
      if (ok) believed += 1;
      else refused += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const senders = Array.from({ length: 8 }, sender);
  for (const [step, keys] of rotation.entries()) {
    writeFileSync(file, JSON.stringify({ till: { kind: "hmac", ...keys } }));
    await vi.waitFor(() => expect(changes).toHaveLength(step + 1));
    // The sender goes over when both are known, before the old one is taken out.
    if (step === 0) secret = other;
  }
  isOver = true;
  await Promise.all(senders);

  expect(refused).toBe(0);
  expect(believed).toBeGreaterThan(100);
  expect(problems).toEqual([]);
});

function callbackSignedWith(secret: string) {
  const fields = new Map([
    ["out_trade_no", "P20261122ABCDEFGH"],
    ["transaction_id", "T1"],
    ["amount", "19.90"],
    ["status", "SUCCESS"],
  ]);
  const body = JSON.stringify(Object.fromEntries([...fields, ["sign", sign(fields, secret)]]));
  return {
    method: "POST",
    path: "/callbacks/till",
    headers: { "content-type": "application/json" },
    body: Buffer.from(body),
  };
}
