import { createHmac } from "node:crypto";

import { addOperator } from "@zhanggui/operators";
import { openSessions } from "@zhanggui/operators/sign-in";
import { openDatabase } from "@zhanggui/db";
import type { OperatorRole } from "@zhanggui/domain";
import { createMetrics } from "@zhanggui/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { buildApp } from "../src/app.ts";
import { type Listening, listen } from "./listening.ts";
import { expectProblem } from "./problem.ts";
import { type Shop, askOf, authSecret, openShop } from "./shop.ts";
import { admin, viewer } from "./tokens.ts";

let shop: Shop;
let server: Listening;
let offsetMs = 0;
beforeAll(async () => {
  shop = await openShop({ now: () => new Date(Date.now() + offsetMs) });
  server = await listen(shop);
});
afterAll(async () => {
  await server.close();
  await shop.close();
});

const ours = { "sec-fetch-site": "same-origin" };
const ownPassword = "correct horse battery";

/** A browser: it keeps cookies, and says where its requests come from. */
function openBrowser() {
  const jar = new Map<string, string>();
  const send = async (
    method: string,
    path: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = ours,
  ) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await server.ask(method, path, {
      ...(json === undefined ? {} : { json }),
      headers: { ...headers, ...(cookie === "" ? {} : { cookie }) },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  return {
    jar,
    send,
    signIn: (email: string, password: string) => send("POST", "/auth/sign-in", { email, password }),
  };
}

let made = 0;
async function newOperator(role: OperatorRole = "admin") {
  made += 1;
  const email = `person${made}@shop.example`;
  const wanted = { email, name: "Person", role, actor: "test", reason: "test" };
  const { operator, oneTimePassword } = await addOperator(shop.deps.engine.db, wanted);
  return { id: operator.id, email, oneTimePassword };
}

/** An operator who has chosen a password, in a browser that is signed in. */
async function signedIn(role: OperatorRole = "admin") {
  const person = await newOperator(role);
  const browser = openBrowser();
  await browser.signIn(person.email, person.oneTimePassword);
  const change = { currentPassword: person.oneTimePassword, newPassword: ownPassword };
  expect((await browser.send("POST", "/auth/change-password", change)).status).toBe(204);
  return { ...person, browser };
}

async function auditOf(id: string) {
  const { body } = await shop.ask("GET", `/admin/audit?entity=${id}`, { token: viewer });
  return body.entries;
}

describe("signing in", () => {
  test("a wrong password and an unknown address are refused in the same words, and set no cookie", async () => {
    const { email } = await newOperator();

    const wrong = await openBrowser().signIn(email, "wrong");
    const unknown = await openBrowser().signIn("nobody@shop.example", "wrong");

    expectProblem(wrong, 401, "wrong_credentials");
    expectProblem(unknown, 401, "wrong_credentials");
    expect(wrong.body.detail).toBe(unknown.body.detail);
    expect([...wrong.headers.getSetCookie(), ...unknown.headers.getSetCookie()]).toEqual([]);
  });

  test("the session lives in a cookie that scripts and other sites cannot use, and tells who is signed in", async () => {
    const { email, oneTimePassword } = await newOperator("viewer");
    const browser = openBrowser();

    const answer = await browser.signIn(email.toUpperCase(), oneTimePassword);
    const session = await browser.send("GET", "/auth/session");

    expect([answer.status, answer.body]).toEqual([200, { twoFactorNeeded: false }]);
    const [cookie = ""] = answer.headers.getSetCookie();
    for (const word of ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="]) expect(cookie).toContain(word);
    expect(cookie).not.toContain("Secure");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(session.body).toEqual({
      operator: { email, name: "Person", role: "viewer", mustChangePassword: true, twoFactor: false },
    });
  });

  test("on https the cookie is sent over https only", async () => {
    const secure = await openShop({ databaseUrl: shop.databaseUrl, publicUrl: "https://shop.example" });
    const { email, oneTimePassword } = await newOperator();

    const ask = askOf((path, init) => secure.app.request(path, init));
    const answer = await ask("POST", "/auth/sign-in", {
      json: { email, password: oneTimePassword },
      headers: { origin: "https://shop.example" },
    });
    await secure.close();

    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Secure-.*; Secure/);
  });

  test("is refused to other sites' pages", async () => {
    const { email, oneTimePassword } = await newOperator();
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ]) {
      const body = { email, password: oneTimePassword };
      expectProblem(await openBrowser().send("POST", "/auth/sign-in", body, headers), 403, "forbidden");
    }
  });

  test("nobody can sign up, and nothing else of the library can be reached", async () => {
    const body = { email: "me@shop.example", name: "Me", password: ownPassword };
    for (const path of ["/auth/sign-up/email", "/auth/sign-in/email", "/auth/update-user", "/api/auth/sign-up/email"]) {
      expect((await openBrowser().send("POST", path, body)).status).toBe(404);
    }
  });

  test("the page to sign in with loads only from here", async () => {
    const page = await shop.ask("GET", "/admin/sign-in");
    const script = await shop.ask("GET", "/admin/sign-in.js");

    expect(page.text).toContain('src="/admin/sign-in.js"');
    expect(script.headers.get("content-type")).toContain("text/javascript");
    expect((await shop.ask("GET", "/admin/sign-in.css")).headers.get("content-type")).toContain("text/css");
  });
});

test("five wrong passwords lock an account, even for the right one, until the time is over", async () => {
  const { id, email, oneTimePassword } = await newOperator();
  const browser = openBrowser();

  for (let wrong = 0; wrong < 5; wrong += 1) {
    expectProblem(await browser.signIn(email, "wrong"), 401, "wrong_credentials");
  }
  const locked = await browser.signIn(email, oneTimePassword);
  await shop.deps.engine.db.updateTable("sign_in_attempts").set({ ends_at: new Date() }).execute();
  const released = await browser.signIn(email, oneTimePassword);

  expectProblem(locked, 429, "rate_limited");
  expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(800);
  expect(released.status).toBe(200);
  expect((await auditOf(id))[0]).toMatchObject({ action: "operator.lock_out", actor: "system:sign-in" });
});

test("of many wrong passwords at once five are looked at, and an address with thirty is shut out", async () => {
  const { email } = await newOperator();
  const strangers = Array.from({ length: 40 }, (_, index) => `stranger${index}@shop.example`);

  const burst = await Promise.all(Array.from({ length: 20 }, () => openBrowser().signIn(email, "wrong")));
  const spread = await Promise.all(strangers.map((stranger) => openBrowser().signIn(stranger, "wrong")));
  await shop.deps.engine.db.deleteFrom("sign_in_attempts").execute();

  expect(burst.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(spread.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(30);
});

describe("a one-time password", () => {
  test("opens nothing but its own change", async () => {
    const { email, oneTimePassword } = await newOperator();
    const browser = openBrowser();
    await browser.signIn(email, oneTimePassword);

    for (const path of ["/admin/orders", "/admin/queues", "/orders", "/auth/sessions"]) {
      expectProblem(await browser.send("GET", path), 403, "password_change_needed");
    }
    const enable = { password: oneTimePassword };
    expectProblem(await browser.send("POST", "/auth/two-factor/enable", enable), 403, "password_change_needed");
    for (const newPassword of ["short", oneTimePassword, `my ${email}`, "x".repeat(129)]) {
      const change = { currentPassword: oneTimePassword, newPassword };
      expect((await browser.send("POST", "/auth/change-password", change)).status).toBe(422);
    }
    const guess = { currentPassword: "guessed", newPassword: ownPassword };
    expectProblem(await browser.send("POST", "/auth/change-password", guess), 401, "wrong_credentials");
    const change = { currentPassword: oneTimePassword, newPassword: ownPassword };
    expect((await browser.send("POST", "/auth/change-password", change)).status).toBe(204);
    expect((await browser.send("GET", "/admin/orders")).status).toBe(200);
    expectProblem(await openBrowser().signIn(email, oneTimePassword), 401, "wrong_credentials");
    expect((await openBrowser().signIn(email, ownPassword)).status).toBe(200);
  });
});

describe("a session", () => {
  test("carries the operator's role, under their e-mail address in the audit", async () => {
    const { browser: low } = await signedIn("viewer");
    const { browser: high, email } = await signedIn("admin");
    const product = { name: "龙井", price: "1.00", available: 1, reason: "test" };

    expect((await low.send("GET", "/admin/orders")).status).toBe(200);
    expect((await low.send("GET", "/admin/queues")).text).toContain("Zhanggui queues");
    expectProblem(await low.send("PUT", "/admin/products/signed", product), 403, "forbidden");
    expectProblem(await low.send("GET", "/admin/operators"), 403, "forbidden");
    expect((await high.send("PUT", "/admin/products/signed", product)).status).toBe(200);
    expect((await auditOf("signed"))[0]).toMatchObject({ actor: email });
  });

  test("writes only for pages of ours; a token needs no such proof", async () => {
    const { browser } = await signedIn("admin");
    const write = (headers: Readonly<Record<string, string>>) =>
      browser.send("PUT", "/admin/products/csrf", { name: "x", price: "1.00", available: 1 }, headers);

    for (const headers of [
      {},
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", origin: server.url },
      { "sec-fetch-site": "none" },
      { origin: "https://evil.example" },
    ]) {
      expectProblem(await write(headers), 403, "forbidden");
      expectProblem(
        await browser.send("POST", "/auth/two-factor/disable", { password: "x" }, headers),
        403,
        "forbidden",
      );
    }
    expect((await write(ours)).status).toBe(200);
    expect((await write({ origin: server.url })).status).toBe(200);
    expect((await write({ origin: "http://127.0.0.1:3000" })).status).toBe(200);
    expect((await write({ origin: "https://evil.example", authorization: `Bearer ${admin}` })).status).toBe(200);
  });

  test("is listed, and ended from elsewhere, by its operator alone", async () => {
    const { browser, email } = await signedIn();
    const other = openBrowser();
    await other.signIn(email, ownPassword);
    const { browser: stranger } = await signedIn();

    const { sessions } = (await browser.send("GET", "/auth/sessions")).body;
    const { id } = sessions.find(({ current }: { current: boolean }) => !current);

    expect(sessions).toHaveLength(2);
    expect(sessions[0]).toMatchObject({ address: "127.0.0.1", userAgent: expect.any(String) });
    expectProblem(await stranger.send("POST", `/auth/sessions/${id}/end`), 404, "not_found");
    expect((await browser.send("POST", `/auth/sessions/${id}/end`)).status).toBe(204);
    expectProblem(await other.send("GET", "/auth/session"), 401, "unauthenticated");
    expect((await browser.send("GET", "/auth/session")).status).toBe(200);
  });

  test("ends with signing out, and its cookie is worth nothing then", async () => {
    const { browser } = await signedIn();
    const cookies = new Map(browser.jar);

    expect((await browser.send("POST", "/auth/sign-out")).status).toBe(204);
    for (const [name, value] of cookies) browser.jar.set(name, value);

    expectProblem(await browser.send("GET", "/auth/session"), 401, "unauthenticated");
  });

  test("ends when it was idle, and after twelve hours however busy", async () => {
    const { browser: idle, id } = await signedIn();
    await shop.deps.engine.db
      .updateTable("operator_sessions")
      .set({ expires_at: new Date() })
      .where("user_id", "=", id)
      .execute();
    expectProblem(await idle.send("GET", "/admin/orders"), 401, "unauthenticated");

    const { browser: busy } = await signedIn();
    offsetMs = 12 * 3_600_000;
    const answer = await busy.send("GET", "/admin/orders");
    offsetMs = 0;
    expectProblem(answer, 401, "unauthenticated");
    expectProblem(await busy.send("GET", "/admin/orders"), 401, "unauthenticated");
  });

  test("is renewed while it is used", async () => {
    const { browser, id } = await signedIn();
    const soon = new Date(Date.now() + 60_000);
    const sessions = shop.deps.engine.db.updateTable("operator_sessions").where("user_id", "=", id);
    await sessions.set({ expires_at: soon }).execute();

    const answer = await browser.send("GET", "/admin/orders");
    const { sessions: open } = (await browser.send("GET", "/auth/sessions")).body;

    expect(answer.headers.getSetCookie()[0]).toContain("Max-Age=7200");
    expect(Date.parse(open[0].expiresAt)).toBeGreaterThan(soon.getTime());
  });
});

test("a database that is away is 503, never a verdict about the password or the session", async () => {
  const { browser, email } = await signedIn();
  const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const away = openDatabase({
    url: "postgres://127.0.0.1:1/away",
    name: "away",
    poolSize: 1,
    onError: () => undefined,
  });
  const sessions = openSessions({ db: away, secret: authSecret, publicUrl: server.url, now: () => new Date() });
  const app = buildApp({
    ...shop.deps,
    engine: { ...shop.deps.engine, db: away },
    sessions,
    metrics: createMetrics("api"),
  });
  const ask = askOf((path, init) => app.request(path, init));

  const signIn = await ask("POST", "/auth/sign-in", { json: { email, password: ownPassword } });
  const session = await ask("GET", "/auth/session", { headers: { cookie } });
  await away.destroy();

  expectProblem(signIn, 503, "database_unavailable");
  expectProblem(session, 503, "database_unavailable");
});

test("without AUTH_SECRET nobody signs in, and tokens count as before", async () => {
  const { browser, email } = await signedIn();
  const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const app = buildApp({ ...shop.deps, sessions: undefined, metrics: createMetrics("api") });
  const ask = askOf((path, init) => app.request(path, init));

  const signIn = await ask("POST", "/auth/sign-in", { json: { email, password: ownPassword } });

  expectProblem(signIn, 403, "forbidden");
  expect(signIn.body.detail).toContain("AUTH_SECRET");
  expectProblem(await ask("GET", "/admin/orders", { headers: { cookie } }), 401, "unauthenticated");
  expect((await ask("GET", "/admin/orders", { token: viewer })).status).toBe(200);
});

describe("a second factor", () => {
  test("is asked for once its first code was given, and a recovery code works once in its place", async () => {
    const { browser, email, id } = await signedIn();

    expectProblem(
      await browser.send("POST", "/auth/two-factor/enable", { password: "wrong" }),
      401,
      "wrong_credentials",
    );
    const enabled = await browser.send("POST", "/auth/two-factor/enable", { password: ownPassword });
    const before = await openBrowser().signIn(email, ownPassword);
    const code = totp(enabled.body.totpUri);
    const verified = await browser.send("POST", "/auth/two-factor/verify", { code });

    expect(enabled.body.totpUri).toMatch(/^otpauth:\/\/totp\/Zhanggui:/);
    expect(before.body).toEqual({ twoFactorNeeded: false });
    expect(verified.status).toBe(204);
    expect((await browser.send("GET", "/auth/session")).body.operator.twoFactor).toBe(true);

    const next = openBrowser();
    const half = await next.signIn(email, ownPassword);
    expect(half.body).toEqual({ twoFactorNeeded: true });
    expectProblem(await next.send("GET", "/auth/session"), 401, "unauthenticated");
    expectProblem(await next.send("POST", "/auth/two-factor/verify", { code: "000000" }), 401, "wrong_credentials");
    expect((await next.send("POST", "/auth/two-factor/verify", { code: totp(enabled.body.totpUri) })).status).toBe(204);
    expect((await next.send("GET", "/admin/orders")).status).toBe(200);

    const [recovery] = enabled.body.recoveryCodes;
    const recover = async () => {
      const lost = openBrowser();
      await lost.signIn(email, ownPassword);
      return lost.send("POST", "/auth/two-factor/recover", { code: recovery });
    };
    expect((await recover()).status).toBe(204);
    expectProblem(await recover(), 401, "wrong_credentials");

    expect((await browser.send("POST", "/auth/two-factor/disable", { password: ownPassword })).status).toBe(204);
    expect((await openBrowser().signIn(email, ownPassword)).body).toEqual({ twoFactorNeeded: false });
    expect((await auditOf(id)).map(({ action }: { action: string }) => action)).toEqual([
      "operator.disable_two_factor",
      "operator.enable_two_factor",
      "operator.change_password",
      "operator.add",
    ]);
  });
});

/** RFC 6238 with the values that every app assumes. */
function totp(uri: string): string {
  const secret = new URL(uri).searchParams.get("secret") ?? "";
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}

describe("operators", () => {
  const reason = "test";

  test("are made by an admin, who is told the one-time password once", async () => {
    const { browser, email: actor } = await signedIn();
    const wanted = { email: "New@Shop.example", name: "新人", role: "viewer", reason };

    const answer = await browser.send("POST", "/admin/operators", wanted);
    const again = await browser.send("POST", "/admin/operators", wanted);
    const list = await browser.send("GET", "/admin/operators");

    const { operator, oneTimePassword } = answer.body;
    expect([answer.status, operator.email, operator.mustChangePassword]).toEqual([201, "new@shop.example", true]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expectProblem(again, 409, "operator_exists");
    expect(list.body.operators).toContainEqual(operator);
    expect(list.text).not.toContain(oneTimePassword);
    expect(await auditOf(operator.id)).toMatchObject([
      { actor, action: "operator.add", after: { email: "new@shop.example", role: "viewer" }, reason },
    ]);
    expect(JSON.stringify(await auditOf(operator.id))).not.toContain(oneTimePassword);
    expect((await openBrowser().signIn("new@shop.example", oneTimePassword)).status).toBe(200);
  });

  test("get another role from the next request on", async () => {
    const { browser, id } = await signedIn("viewer");
    const change = (role: string) =>
      shop.ask("POST", `/admin/operators/${id}`, { token: admin, json: { role, reason } });

    expectProblem(await browser.send("GET", "/admin/products"), 403, "forbidden");
    expect((await change("admin")).body.role).toBe("admin");
    expect((await browser.send("GET", "/admin/products")).status).toBe(200);
    expect((await auditOf(id))[0]).toMatchObject({
      actor: "admin-1",
      action: "operator.change_role",
      before: { role: "viewer" },
      after: { role: "admin" },
    });
    expectProblem(
      await shop.ask("POST", `/admin/operators/${id}`, { token: admin, json: { role: "customer", reason } }),
      422,
      "invalid_input",
    );
    expectProblem(
      await shop.ask("POST", "/admin/operators/opr_nobody", { token: admin, json: { role: "admin", reason } }),
      404,
      "operator_not_found",
    );
  });

  test("who are disabled are signed out at once and cannot come back until they are enabled", async () => {
    const { browser, id, email } = await signedIn("operator");
    const set = (disabled: boolean) =>
      shop.ask("POST", `/admin/operators/${id}`, { token: admin, json: { disabled, reason } });

    expect((await set(true)).body.disabled).toBe(true);
    expectProblem(await browser.send("GET", "/admin/orders"), 401, "unauthenticated");
    expectProblem(await openBrowser().signIn(email, ownPassword), 401, "wrong_credentials");
    expect((await set(false)).body.disabled).toBe(false);
    expectProblem(await browser.send("GET", "/admin/orders"), 401, "unauthenticated");
    expect((await openBrowser().signIn(email, ownPassword)).status).toBe(200);
    expect((await auditOf(id)).slice(0, 2)).toMatchObject([
      { action: "operator.enable", before: { disabled: true }, after: { disabled: false } },
      { action: "operator.disable", before: { disabled: false }, after: { disabled: true } },
    ]);
  });

  test("who forgot their password get a one-time one, which ends their sessions, lock and second factor", async () => {
    const { browser, id, email } = await signedIn();
    const { totpUri } = (await browser.send("POST", "/auth/two-factor/enable", { password: ownPassword })).body;
    await browser.send("POST", "/auth/two-factor/verify", { code: totp(totpUri) });
    for (let wrong = 0; wrong < 6; wrong += 1) await openBrowser().signIn(email, "wrong");

    const path = `/admin/operators/${id}/reset-password`;
    const { body } = await shop.ask("POST", path, { token: admin, json: { reason } });

    expectProblem(await browser.send("GET", "/admin/orders"), 401, "unauthenticated");
    expectProblem(await openBrowser().signIn(email, ownPassword), 401, "wrong_credentials");
    expect((await openBrowser().signIn(email, body.oneTimePassword)).body).toEqual({ twoFactorNeeded: false });
    expect((await auditOf(id))[0]).toMatchObject({ action: "operator.reset_password", actor: "admin-1", reason });
  });

  test("always have an admin among them, even when two are disabled at once", async () => {
    const own = await openShop();
    const ids: string[] = [];
    for (const email of ["a@shop.example", "b@shop.example"]) {
      const wanted = { email, name: "A", role: "admin", actor: "test", reason } as const;
      ids.push((await addOperator(own.deps.engine.db, wanted)).operator.id);
    }

    const answers = await Promise.all(
      ids.map((id) => own.ask("POST", `/admin/operators/${id}`, { token: admin, json: { disabled: true, reason } })),
    );
    await own.close();

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });
});
