import { afterEach, expect, test, vi } from "vitest";
import { ensureServers } from "../src/servers.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("servers that are named are taken and not stopped", async () => {
  vi.stubEnv("TEST_DATABASE_URL", "postgres://shop@database/shop");
  vi.stubEnv("TEST_REDIS_URL", "redis://queue");

  const { databaseUrl, redisUrl, stop } = await ensureServers();
  await stop();

  expect({ databaseUrl, redisUrl }).toEqual({
    databaseUrl: "postgres://shop@database/shop",
    redisUrl: "redis://queue",
  });
});

test("TEST_REDIS_URL set to nothing means that there is none, whatever REDIS_URL says", async () => {
  vi.stubEnv("TEST_DATABASE_URL", "postgres://shop@database/shop");
  vi.stubEnv("TEST_REDIS_URL", "");
  vi.stubEnv("REDIS_URL", "redis://production");

  const { redisUrl, stop } = await ensureServers();
  await stop();

  expect(redisUrl).toBeUndefined();
});
