import { existsSync } from "node:fs";
import { join } from "node:path";

import { readEnvironment } from "@zhanggui/runtime";
import { expect, test } from "vitest";

import { completeSettings, variablesFor } from "../src/complete-settings.ts";
import { scratchDirectory } from "./scratch.ts";

const found = {
  services: { databaseUrl: "postgres://localhost/shop", redisUrl: undefined },
  simulatorPort: 3001,
  now: new Date("2026-11-22T04:00:10Z"),
  report: (sentence: string) => expect.fail(sentence),
};

test("the simulator is told where the keys of the accounts are that were made up", async () => {
  const directory = scratchDirectory();

  const settings = await completeSettings(readEnvironment({ DATA_DIR: directory }), found);

  expect(variablesFor(settings, { HOME: "/home" }, "http://127.0.0.1:3000")).toMatchObject({
    HOME: "/home",
    PROVIDERS_FILE: join(directory, "providers.json"),
    SIMULATOR_KEYS_FILE: join(directory, "simulator", "keys.json"),
  });
});

test.each([{}, { SIMULATOR_KEYS_FILE: "/keys.json" }])(
  "accounts that were given keep the keys that were given with them: %o",
  async (given) => {
    const directory = scratchDirectory();
    const environment = readEnvironment({ DATA_DIR: directory, PROVIDERS_FILE: "/providers.json" });

    const settings = await completeSettings(environment, found);
    const variables = variablesFor(settings, given, "http://127.0.0.1:3000");

    expect(variables["PROVIDERS_FILE"]).toBe("/providers.json");
    expect(variables["SIMULATOR_KEYS_FILE"]).toBe(given.SIMULATOR_KEYS_FILE);
    expect(existsSync(join(directory, "simulator"))).toBe(false);
  },
);
