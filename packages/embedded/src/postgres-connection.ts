import { Client, escapeIdentifier } from "pg";

const wrongPassword = "28P01";
const connectTimeoutMs = 2_000;

/** Whether the server takes queries. A password it refuses will not become right by waiting, so that is thrown. */
export async function takesQueries(url: string): Promise<boolean> {
  try {
    await query(url, "select 1");
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === wrongPassword)) return false;
    throw new Error(
      "PostgreSQL refuses the password kept beside its files: put the former postgres-password file back, or move the data directory away to begin anew.",
      { cause: error },
    );
  }
}

export async function makeDatabase(url: string, name: string): Promise<void> {
  const found = await query(url, "select from pg_database where datname = $1", [name]);
  if (found === 0) await query(url, `create database ${escapeIdentifier(name)}`);
}

async function query(url: string, text: string, values: readonly string[] = []): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  // A connection that breaks while idle is reported by an event; unheard, it would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query(text, [...values]);
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
