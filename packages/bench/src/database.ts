import { migrate, openDatabase } from "@zhanggui/db";
import pg from "pg";

/** A pool of the bench's own: for filling, watching and counting, never for what is measured. */
export function openPool(url: string, size: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: size, application_name: "zhanggui-bench" });
  pool.on("error", () => undefined);
  return pool;
}

/** Makes an empty database of the given name beside the server's own, with our schema. Answers its address. */
export async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const db = openDatabase({ url: url.href, name: "zhanggui-bench", poolSize: 1, onError: () => undefined });
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
  return url.href;
}
