import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { freePort } from "@zhanggui/embedded";
import { expect, onTestFinished, test } from "vitest";

import { ops, run } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

async function takenPort(): Promise<number> {
  const server = createServer();
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return port;
}

async function refusalOf(variables: Readonly<Record<string, string>>): Promise<string> {
  const started = run("start", variables);
  expect(await started.ended).toBe(1);
  expect(started.stdout()).toBe("");
  return started.stderr();
}

test("all mistakes in the environment are named at once, and nothing is made", async () => {
  const directory = join(scratchDirectory(), "data");
  const providers = join(scratchDirectory(), "providers.json");
  writeFileSync(providers, '{"shop": {"kind": "nonsense"}}');

  const said = await refusalOf({
    DATA_DIR: directory,
    API_PORT: "0",
    LATE_PAYMENT_POLICY: "maybe",
    JWT_SECRET: "short",
    PROVIDERS_FILE: providers,
  });

  for (const name of ["API_PORT", "LATE_PAYMENT_POLICY", "JWT_SECRET", "PROVIDERS_FILE"])
    expect(said).toContain(`  ${name}: `);
  expect(existsSync(directory)).toBe(false);
});

test("production gets no secret and no gateway of our making", async () => {
  const said = await refusalOf({ DATA_DIR: scratchDirectory(), NODE_ENV: "production" });

  expect(said).toBe(
    [
      "The configuration is wrong:",
      "  JWT_SECRET: or JWT_JWKS_URL is required in production, where no secret is made up",
      "  PROVIDERS_FILE: is required in production, where no gateway is simulated",
      "",
    ].join("\n"),
  );
});

test("gateways' keys without their accounts are refused, as they fit none that we would make up", async () => {
  const said = await refusalOf({ DATA_DIR: scratchDirectory(), SIMULATOR_KEYS_FILE: "keys.json" });

  expect(said).toBe(
    [
      "The configuration is wrong:",
      "  SIMULATOR_KEYS_FILE: is given without the PROVIDERS_FILE whose gateways' keys it holds",
      "",
    ].join("\n"),
  );
});

test("a port that is taken is one sentence that says what to do", async () => {
  const port = await takenPort();

  const said = await refusalOf({ DATA_DIR: scratchDirectory(), API_PORT: String(port) });

  expect(said).toBe(
    `Port ${port} is taken by another program: stop that, or choose another port with API_PORT=${port + 10}.\n`,
  );
});

test("so is the simulator's port, when it was chosen", async () => {
  const port = await takenPort();
  const chosen = { API_PORT: String(await freePort()), SIMULATOR_PORT: String(port) };

  const said = await refusalOf({ DATA_DIR: scratchDirectory(), ...chosen });

  expect(said).toMatch(new RegExp(`^Port ${port} is taken .* SIMULATOR_PORT=\\d+\\.\n$`));
});

test("a data directory that is a file is one sentence", async () => {
  const file = join(scratchDirectory(), "file");
  writeFileSync(file, "");

  const said = await refusalOf({ DATA_DIR: file, API_PORT: String(await freePort()) });

  expect(said).toBe(
    `The data directory ${file} cannot be used, a file stands in its place: repair it or name another one in DATA_DIR.\n`,
  );
});

test("ops without a system is one sentence", async () => {
  const directory = scratchDirectory();

  const { code, complained } = await ops({ DATA_DIR: directory }, "cancel-unpaid");

  expect(code).toBe(1);
  expect(complained).toBe(
    `No system runs in ${directory}: run \`pnpm start\` in another terminal, or set DATABASE_URL (and REDIS_URL) to work on another one.\n`,
  );
});

test("a token is signed with nobody's secret in production", async () => {
  const variables = { DATA_DIR: scratchDirectory(), NODE_ENV: "production" };

  const { code, said, complained } = await ops(variables, "token", "--sub", "me", "--role", "admin");

  expect({ code, said }).toEqual({ code: 1, said: "" });
  expect(complained).toContain("JWT_SECRET: is required in production");
});
