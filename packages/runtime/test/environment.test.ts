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
        SECOND_PERSON_LIMIT: "5e3",
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
      "SECOND_PERSON_LIMIT",
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

describe("LATE_PAYMENT_POLICY", () => {
  const read = (text: string) => readEnvironment({ LATE_PAYMENT_POLICY: text }).LATE_PAYMENT_POLICY;

  test.each([
    ["keep", "keep is not one of hold, refund, revive"],
    ["hold,wechat=keep", "keep is not one of"],
    ["hold,", "an empty word"],
    ["=refund", "names no provider before ="],
    ["hold,refund", "says twice what holds for all"],
    ["wechat=refund,wechat=hold", "names wechat twice"],
  ])("%s is refused and says why", (text, why) => {
    const problems = problemsOf(() => read(text));

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`LATE_PAYMENT_POLICY: ${why}`);
  });

  test("names all of its mistakes", () => {
    expect(problemsOf(() => read("keep,wechat=,x=maybe"))).toHaveLength(3);
  });

  test("is one word for all, or some providers by name besides", () => {
    expect(read("refund")).toEqual({ otherwise: "refund", byProvider: {} });
    expect(read("hold, wechat=refund,alipay=revive")).toEqual({
      otherwise: "hold",
      byProvider: { wechat: "refund", alipay: "revive" },
    });
    expect(read("wechat=refund")).toEqual({ otherwise: "hold", byProvider: { wechat: "refund" } });
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
      SECOND_PERSON_LIMIT: "50000.00",
      LATE_PAYMENT_POLICY: { otherwise: "hold", byProvider: {} },
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
