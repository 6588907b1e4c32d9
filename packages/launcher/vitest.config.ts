import { vitestConfig } from "@zhanggui/testing/vitest";

/** `start` brings its own servers. */
export default vitestConfig();
