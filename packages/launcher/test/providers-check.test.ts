import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ops } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

const hidden = "s3cr3t-that-must-not-be-printed";

function providersFile(accounts: object | string): string {
  const file = join(scratchDirectory(), "providers.json");
  writeFileSync(file, typeof accounts === "string" ? accounts : JSON.stringify(accounts));
  return file;
}

test("a file that is no file is one sentence", async () => {
  const { code, said, complained } = await ops({}, "providers", "check", "--file", "/nowhere/providers.json");

  expect({ code, said }).toEqual({ code: 1, said: "" });
  expect(complained).toContain("/nowhere/providers.json cannot be read (ENOENT)");
});

test("no file at all is one sentence", async () => {
  const { code, complained } = await ops({ DATA_DIR: scratchDirectory() }, "providers", "check");

  expect(code).toBe(1);
  expect(complained).toBe("No providers file: name one with --file or PROVIDERS_FILE.\n");
});

test("another word than check is refused", async () => {
  const { code, complained } = await ops({}, "providers", "show");

  expect(code).toBe(1);
  expect(complained).toContain("check");
});

test("a file that does not read is named with its places, without a value", async () => {
  const file = providersFile({ till: { kind: "hmac", secret: [hidden] } });

  const { code, said } = await ops({ PROVIDERS_FILE: file }, "providers", "check");

  expect(code).toBe(1);
  expect(said).toContain(`${file} is wrong:\n  till.secret: `);
  expect(said).not.toContain(hidden);
});

test("warnings end well, and what production refuses does not", async () => {
  const file = providersFile({
    till: { kind: "hmac", secret: "shortest", previousSecrets: [hidden] },
    shop: { kind: "mock", secret: hidden },
  });

  const lenient = await ops({ PROVIDERS_FILE: file }, "providers", "check");
  const strict = await ops({}, "providers", "check", "--production", "--file", file);

  expect(lenient).toEqual({
    code: 0,
    complained: "",
    said: [
      "provider  kind  keys                       valid until  state",
      "till      hmac  secret, previous secret 1  -            warning",
      "shop      mock  secret                     -            ok",
      "",
      "warning  till.secret: is short: fewer than 16 characters",
      "warning  till.previousSecrets: are accepted as well; take them out when the rotation is over",
      "",
      `${file}: providers 2, wrong 0, warnings 2.`,
      "",
    ].join("\n"),
  });
  expect(strict.code).toBe(1);
  expect(strict.said).toContain("wrong    till.secret: must have at least 16 characters in production");
  expect(lenient.said + strict.said).not.toMatch(new RegExp(`${hidden}|shortest`));
});
