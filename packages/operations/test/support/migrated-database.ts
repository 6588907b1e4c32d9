import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";

import { migrate, openDatabase } from "@zhanggui/db";
import { type FreshDatabase, freshDatabase } from "@zhanggui/testing";

const migrations = new URL("../../../db/migrations/", import.meta.url);

/** A database of this test file's own, with the schema that the migrations make today. */
export async function migratedDatabase(): Promise<FreshDatabase> {
  const hash = createHash("sha256");
  for (const file of (await readdir(migrations)).toSorted()) hash.update(await readFile(new URL(file, migrations)));
  return freshDatabase({
    name: hash.digest("hex"),
    migrate: async (url) => {
      const db = openDatabase({ url, name: "migrate", poolSize: 1, onError: () => undefined });
      await migrate(db);
      await db.destroy();
    },
  });
}
