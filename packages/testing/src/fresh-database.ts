import { createHash, randomUUID } from "node:crypto";
import { Client, escapeIdentifier } from "pg";
import { inject } from "vitest";

export type FreshDatabase = { readonly url: string; readonly drop: () => Promise<void> };

/** `name` must change with what `migrate` makes (hold a hash of the migrations): it names the template that is kept. */
export type Template = { readonly name: string; readonly migrate: (url: string) => Promise<void> };

/**
 * A database of its own for a test file, in a tenth of a second: a copy of a template that is migrated once per server,
 * by whichever test file comes first.
 */
export async function freshDatabase(template: Template): Promise<FreshDatabase> {
  const server = inject("databaseUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await withConnection(server, async (connection) => {
    const source = await ensureTemplate(connection, server, template);
    await connection.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(source)}`);
  });
  return {
    url: urlOf(server, name),
    drop: () =>
      withConnection(server, async (connection) => {
        await connection.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
      }),
  };
}

/** Migrated under another name first, so that a migration that fails leaves no half-made template. */
async function ensureTemplate(connection: Client, server: string, { name, migrate }: Template): Promise<string> {
  const finished = `template_${createHash("sha256").update(name).digest("hex").slice(0, 24)}`;
  const unfinished = `${finished}_unfinished`;
  await connection.query("select pg_advisory_lock(hashtext($1))", [finished]);
  try {
    const { rowCount } = await connection.query("select from pg_database where datname = $1", [finished]);
    if (rowCount === 0) {
      await connection.query(`drop database if exists ${escapeIdentifier(unfinished)} with (force)`);
      await connection.query(`create database ${escapeIdentifier(unfinished)}`);
      await migrate(urlOf(server, unfinished));
      await connection.query(`alter database ${escapeIdentifier(unfinished)} rename to ${escapeIdentifier(finished)}`);
    }
  } finally {
    await connection.query("select pg_advisory_unlock(hashtext($1))", [finished]);
  }
  return finished;
}

async function withConnection(url: string, use: (connection: Client) => Promise<void>): Promise<void> {
  const connection = new Client({ connectionString: url });
  await connection.connect();
  try {
    await use(connection);
  } finally {
    await connection.end();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
