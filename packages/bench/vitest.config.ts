import { vitestConfig } from "@zhanggui/testing/vitest";

/** The bench starts its own servers. */
export default vitestConfig();
