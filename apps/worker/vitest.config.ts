import { vitestConfig } from "@zhanggui/testing/vitest";

const { test, ...config } = vitestConfig({ servers: true });

/** These tests mostly wait for timers, so more files than cores may run at once. */
export default { ...config, test: { ...test, maxWorkers: 4 } };
