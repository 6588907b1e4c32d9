import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres, type Postgres } from "../src/index.ts";
import { factsOf } from "../src/process-facts.ts";
import { ask, scratchDirectory } from "./scratch.ts";

const oneSentence = /^[^\n]+[.]$/;

test("the first start makes a database in UTF-8 that sorts alike everywhere", async () => {
  const { url } = await start(scratchDirectory());

  expect(await ask(url, "select current_database()")).toBe("zhanggui");
  expect(await ask(url, "show server_encoding")).toBe("UTF8");
  expect(await ask(url, "select datlocale from pg_database where datname = current_database()")).toBe("C.UTF-8");
  expect(await ask(url, "show max_connections")).toBe("200");
});

test("only a durable server waits for the disk, and a setting of the caller comes last", async () => {
  const forgetful = await start(scratchDirectory(), { durable: false });
  const durable = await start(scratchDirectory(), { durable: true, settings: { max_connections: "50" } });

  expect(await ask(forgetful.url, "show fsync")).toBe("off");
  expect(await ask(durable.url, "show fsync")).toBe("on");
  expect(await ask(durable.url, "show max_connections")).toBe("50");
});

test("a second start finds the data of the first", async () => {
  const directory = scratchDirectory();
  const first = await start(directory);
  await ask(first.url, "create table goods as select 'tea' as name");
  await first.stop();

  const second = await start(directory);

  expect(await ask(second.url, "select name from goods")).toBe("tea");
});

test("a wrong password is refused, and only the owner can read the right one", async () => {
  const directory = scratchDirectory();
  const { url, port } = await start(directory);

  await expect(ask(`postgres://postgres:guess@127.0.0.1:${port}/zhanggui`, "select 1")).rejects.toThrow("password");
  expect(statSync(join(directory, "postgres-password")).mode & 0o777).toBe(0o600);
  expect(url).toContain(readFileSync(join(directory, "postgres-password"), "utf8").trim());
});

test("stop ends the server within its limit though a client is connected, and can be repeated", async () => {
  const { url, pid, stop } = await start(scratchDirectory());
  const held = ask(url, "select pg_sleep(60)").catch(() => "cut off");

  await stop();
  await stop();

  expect(await held).toBe("cut off");
  expect(factsOf(pid)).toBeUndefined();
});

test("a pid file of a process that is gone, or is a stranger, is no hindrance", async () => {
  const directory = scratchDirectory();
  await (await start(directory)).stop();

  for (const pid of [2 ** 22 - 1, process.pid]) {
    const cluster = join(directory, "postgres");
    writeFileSync(join(cluster, "postmaster.pid"), `${pid}\n${cluster}\n1732000000\n5432\n\n127.0.0.1\n`);
    const { url, stop } = await start(directory);
    expect(await ask(url, "select 1")).toBe(1);
    await stop();
  }
});

test("a directory in use by somebody who lives is refused and its server left alone", async () => {
  const directory = scratchDirectory();
  const { url } = await start(directory);

  await expect(start(directory)).rejects.toThrow(/in use by process \d+: stop that/);

  expect(await ask(url, "select 1")).toBe(1);
});

test("a file in the directory's place is named in one sentence", async () => {
  const file = join(scratchDirectory(), "data");
  writeFileSync(file, "");

  const message = await refusal(file);

  expect(message).toMatch(oneSentence);
  expect(message).toContain(`${file} cannot be used, a file stands in its place`);
});

test("a cluster of another PostgreSQL is named in one sentence", async () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, "postgres"));
  writeFileSync(join(directory, "postgres/PG_VERSION"), "15\n");

  const message = await refusal(directory);

  expect(message).toMatch(oneSentence);
  expect(message).toContain(`${directory}/postgres was made by PostgreSQL 15`);
});

test("a folder that is no cluster is named in one sentence", async () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, "postgres"));

  expect(await refusal(directory)).toContain(`${directory}/postgres is not a readable PostgreSQL cluster`);
});

test("a ruined cluster is named, with PostgreSQL's own words", async () => {
  const directory = scratchDirectory();
  await (await start(directory)).stop();
  writeFileSync(join(directory, "postgres/global/pg_control"), "");

  const message = await refusal(directory);

  expect(message).toContain(`PostgreSQL did not start in ${directory}/postgres`);
  expect(message).toContain("pg_control");
});

test("a lost password is told from a ruined cluster", async () => {
  const directory = scratchDirectory();
  await (await start(directory)).stop();
  writeFileSync(join(directory, "postgres-password"), "forgotten\n");

  expect(await refusal(directory)).toContain("put the former postgres-password file back");
});

type Wish = { readonly durable?: boolean; readonly settings?: Readonly<Record<string, string>> };

async function start(directory: string, { durable = false, settings = {} }: Wish = {}): Promise<Postgres> {
  const postgres = await startPostgres({ directory, durable, settings, log: () => undefined });
  onTestFinished(postgres.stop);
  return postgres;
}

function refusal(directory: string): Promise<string> {
  return start(directory).then(
    () => "it started",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
