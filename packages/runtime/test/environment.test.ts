import { describe, expect, test } from "vitest";

import { ConfigurationError, readEnvironment } from "../src/index.ts";

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe("an environment with mistakes", () => {
  test("is refused with every mistake by name", () => {
    const problems = problemsOf(() =>
      readEnvironment({
        API_PORT: "seventy",
        DATABASE_URL: "mysql://here",
        JWT_SECRET: "short",
        LATE_PAYMENT_POLICY: "keep",
        ORDER_TTL_SECONDS: "0",
        REDIS_URL: "redis://one,http://two",
      }),
    );

    const names = problems.map((problem) => problem.split(":")[0]);
    expect(names.toSorted()).toEqual([
      "API_PORT",
      "DATABASE_URL",
      "JWT_SECRET",
      "LATE_PAYMENT_POLICY",
      "ORDER_TTL_SECONDS",
      "REDIS_URL",
    ]);
  });

  test("names what a process cannot do without, beside the rest", () => {
    const problems = problemsOf(() => readEnvironment({ API_PORT: "0" }, ["DATABASE_URL"]));

    expect(problems).toContain("DATABASE_URL: is required");
    expect(problems.some((problem) => problem.startsWith("API_PORT"))).toBe(true);
  });

  test("never repeats a secret", () => {
    const problems = problemsOf(() => readEnvironment({ JWT_SECRET: "hunter2" }));

    expect(problems.join()).not.toContain("hunter2");
  });

  test("cannot ask for Redis without saying where it is", () => {
    expect(problemsOf(() => readEnvironment({ QUEUE: "redis" }))).toEqual([
      "QUEUE: is redis, but REDIS_URL is not set",
    ]);
  });
});

describe("an environment", () => {
  test("that says nothing has the contract's defaults", () => {
    expect(readEnvironment({})).toEqual({
      NODE_ENV: "development",
      DATA_DIR: ".data",
      API_HOST: "127.0.0.1",
      API_PORT: 3000,
      ORDER_TTL_SECONDS: 1800,
      EXPIRY_RECHECK_SECONDS: 60,
      SWEEP_SECONDS: 30,
      LATE_PAYMENT_POLICY: "hold",
      LOG_LEVEL: "info",
    });
  });

  test("takes an empty value for one that is not set", () => {
    expect(readEnvironment({ REDIS_URL: "", API_PORT: "" })).toEqual(readEnvironment({}));
  });

  test("takes several Redis nodes", () => {
    const nodes = "redis://one:6379, rediss://two:6380";

    expect(readEnvironment({ REDIS_URL: nodes }).REDIS_URL).toBe(nodes);
  });
});
