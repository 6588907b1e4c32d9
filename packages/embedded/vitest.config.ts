import { defineConfig } from "vitest/config";

/** Its own, because @zhanggui/testing stands on this package. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    reporters: ["default", "json"],
    outputFile: { json: "test-results/vitest.json" },
    testTimeout: 60_000,
  },
});
