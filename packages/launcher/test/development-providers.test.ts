import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { loadProviders } from "@zhanggui/gateways";
import { expect, test } from "vitest";

import { writeDevelopmentProviders } from "../src/services/development-providers.ts";
import { ops } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

const everyone = ["mock", "hmac", "wechat", "alipay", "unionpay", "stripe"];

async function write(dataDirectory: string, simulatorPort = 3001) {
  const said: string[] = [];
  const files = await writeDevelopmentProviders({
    dataDirectory,
    simulatorUrl: `http://127.0.0.1:${simulatorPort}`,
    now: new Date(),
    report: (sentence) => void said.push(sentence),
  });
  const [providersText, keysText] = [readFileSync(files.providersFile, "utf8"), readFileSync(files.keysFile, "utf8")];
  return { ...files, said, providersText, keysText };
}

test("a first start makes an account of every gateway, for its owner alone, and says nothing", async () => {
  const directory = scratchDirectory();

  const { providersFile, keysFile, said } = await write(directory);
  const check = await ops({}, "providers", "check", "--file", providersFile);

  expect([...(await loadProviders(providersFile, false)).keys()]).toEqual(everyone);
  expect([providersFile, keysFile]).toEqual([
    join(directory, "providers.json"),
    join(directory, "simulator/keys.json"),
  ]);
  for (const file of [providersFile, keysFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect([...readdirSync(directory), ...readdirSync(join(directory, "simulator"))].join()).not.toContain(".new");
  expect(said).toEqual([]);
  expect(check).toMatchObject({ code: 0, complained: "" });
  expect(check.said).toContain("providers 6, wrong 0,");
});

test("a second start keeps the keys, and the addresses follow the port", async () => {
  const directory = scratchDirectory();
  const first = await write(directory);

  const second = await write(directory, 4001);

  expect(second.said).toEqual([]);
  expect(second.keysText).toBe(first.keysText);
  expect(second.providersText).toBe(first.providersText.replaceAll("127.0.0.1:3001", "127.0.0.1:4001"));
  expect(second.providersText).not.toBe(first.providersText);
});

test("a data directory of an earlier version gets the accounts that it lacks, and keeps its mock", async () => {
  const directory = scratchDirectory();
  const secret = "0123456789abcdef";
  const mock = { kind: "mock", secret, baseUrl: "http://127.0.0.1:3001/gateways/mock" };
  mkdirSync(join(directory, "secrets"));
  writeFileSync(join(directory, "secrets", "mock"), secret);
  writeFileSync(join(directory, "providers.json"), JSON.stringify({ mock }));

  const { providersText, said } = await write(directory);

  expect(Object.keys(JSON.parse(providersText))).toEqual(everyone);
  expect(JSON.parse(providersText)).toMatchObject({ mock });
  expect(said).toEqual([]);
});

test("an account that a person has added stays", async () => {
  const directory = scratchDirectory();
  const { providersFile, providersText } = await write(directory);
  const till = { kind: "hmac", secret: "of a person's own" };
  writeFileSync(providersFile, JSON.stringify({ till, ...JSON.parse(providersText) }));

  const { providersText: kept, said } = await write(directory);

  expect(JSON.parse(kept)).toEqual({ ...JSON.parse(providersText), till });
  expect(Object.keys(JSON.parse(kept))[0]).toBe("mock");
  expect(said).toEqual([]);
});

test("accounts that cannot be read back are made again, with a word", async () => {
  const directory = scratchDirectory();
  const { providersFile, keysFile, keysText } = await write(directory);
  writeFileSync(providersFile, '{"mock": {"ki');

  const { said, keysText: remade } = await write(directory);

  expect(said).toEqual([
    `${providersFile} is not a JSON object: the development accounts in it are made again.`,
    `The development accounts wechat, alipay, unionpay could not be read back from ${providersFile} and ${keysFile}, or did not fit together: they are made again, and payments begun with the old ones cannot be settled.`,
  ]);
  expect(remade).not.toBe(keysText);
  expect([...(await loadProviders(providersFile, false)).keys()]).toEqual(everyone);
  expect((await write(directory)).said).toEqual([]);
});

test("a start that died between the two files is mended by the next", async () => {
  const directory = scratchDirectory();
  const { providersFile, keysFile } = await write(directory);
  const elsewhere = await write(scratchDirectory());
  writeFileSync(keysFile, elsewhere.keysText);

  const { said, providersText, keysText } = await write(directory);

  expect(said).toEqual([expect.stringContaining("The development accounts wechat, alipay, unionpay could not")]);
  expect(await write(directory)).toEqual({ providersFile, keysFile, providersText, keysText, said: [] });
});

test("keys that are gone are made again, with a word", async () => {
  const directory = scratchDirectory();
  const { keysFile } = await write(directory);
  rmSync(keysFile);

  const { said } = await write(directory);

  expect(said).toEqual([expect.stringContaining("The development accounts wechat, alipay, unionpay could not")]);
});
