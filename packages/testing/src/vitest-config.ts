import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** `servers`: a real PostgreSQL, and Redis where there is one; tests read their addresses with vitest's `inject`. */
export type VitestConfigOptions = { readonly servers?: boolean };

/** How every workspace runs its tests; run-all reads the report. */
export function vitestConfig({ servers = false }: VitestConfigOptions = {}): ViteUserConfig {
  return defineConfig({
    test: {
      include: ["test/**/*.test.ts"],
      pool: "forks",
      reporters: ["default", "json"],
      outputFile: { json: "test-results/vitest.json" },
      passWithNoTests: true,
      testTimeout: 20_000,
      hookTimeout: 20_000,
      globalSetup: servers ? [fileURLToPath(new URL("./global-setup.ts", import.meta.url))] : [],
    },
  });
}
