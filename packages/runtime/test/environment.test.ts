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
      ALERT_URLS: [],
      ALERT_MINIMUM_SEVERITY: "warning",
      ALERT_LANGUAGE: "zh",
      ALERT_REPEAT_MINUTES: 240,
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

describe("where alerts go", () => {
  const whsec = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

  test("is nowhere when nothing is said", () => {
    expect(readEnvironment({}).ALERT_URLS).toEqual([]);
  });

  test("is a list of formats and addresses, each with its own secret behind #", () => {
    const { ALERT_URLS } = readEnvironment({
      NODE_ENV: "production",
      ALERT_URLS: `webhook+https://a.example/in#${whsec}, dingtalk+https://b.example/robot/send?access_token=t#SEC1,slack+https://c.example/s`,
    });

    expect(ALERT_URLS).toEqual([
      { format: "webhook", url: "https://a.example/in", secret: whsec },
      { format: "dingtalk", url: "https://b.example/robot/send?access_token=t", secret: "SEC1" },
      { format: "slack", url: "https://c.example/s", secret: undefined },
    ]);
  });

  test.each([
    ["https://a.example", "address 1 must begin with"],
    ["pager+https://a.example", "address 1 must begin with"],
    ["slack+https://a.example,feishu+ftp://b.example", "address 2 is not an https address"],
    ["wecom+https://user:pass@a.example", "address 1 names a user"],
    ["slack+https://a.example#hush", "address 1 has a secret behind #, which slack does not use"],
    ["webhook+https://a.example#short", "address 1 has a secret that must be whsec_"],
    ["slack+http://a.example", "address 1 must be https, or http on this machine"],
    ["slack+https://a.example,wecom+https://a.example", "names an address twice"],
  ])("and %s is refused: %s", (ALERT_URLS, expected) => {
    const problems = problemsOf(() => readEnvironment({ ALERT_URLS }));

    expect(problems.join()).toContain(`ALERT_URLS: ${expected}`);
    expect(problems.join()).not.toMatch(/a\.example|hush|short|pass/);
  });

  test("may be this machine without TLS, but not in production", () => {
    const ALERT_URLS = "slack+http://127.0.0.1:9/x";

    expect(problemsOf(() => readEnvironment({ ALERT_URLS }))).toEqual([]);
    expect(problemsOf(() => readEnvironment({ ALERT_URLS, NODE_ENV: "production" }))).toEqual([
      "ALERT_URLS: address 1 must be https",
    ]);
  });

  test("needs a secret for a webhook, of its own or for all", () => {
    const ALERT_URLS = "webhook+https://a.example";

    expect(problemsOf(() => readEnvironment({ ALERT_URLS })).join()).toContain("ALERT_SECRET: is required");
    expect(problemsOf(() => readEnvironment({ ALERT_URLS, ALERT_SECRET: "whsec_short" })).join()).toContain(
      "ALERT_SECRET: must be whsec_",
    );
    expect(problemsOf(() => readEnvironment({ ALERT_URLS, ALERT_SECRET: whsec }))).toEqual([]);
  });
});
