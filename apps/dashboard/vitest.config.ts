import { vitestConfig } from "@zhanggui/testing/vitest";

export default vitestConfig({ servers: false });
