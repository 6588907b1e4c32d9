import { vitestConfig } from "@zhanggui/testing/vitest";
import { mergeConfig } from "vitest/config";

/** One file at a time: deadlines of two seconds are measured here. */
export default mergeConfig(vitestConfig({ servers: true }), {
  test: { fileParallelism: false, testTimeout: 90_000, hookTimeout: 60_000 },
});
