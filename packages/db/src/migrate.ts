import { readFile, readdir } from "node:fs/promises";

import { sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

import type { Db } from "./connection.ts";

const folder = new URL("../migrations/", import.meta.url);

/** Brings the schema up to date; safe to call from several processes at once. Throws what the first failing one said. */
export async function migrate(db: Db): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

/** The plain SQL files, by name. They only go forward: a mistake is mended by the next one. */
async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql"));
  const read = files.map(async (file): Promise<[string, Migration]> => {
    const text = await readFile(new URL(file, folder), "utf8");
    return [file.replace(/\.sql$/, ""), { up: async (db) => void (await sql.raw(text).execute(db)) }];
  });
  return Object.fromEntries(await Promise.all(read));
}
