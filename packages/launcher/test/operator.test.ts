import { freePort } from "@zhanggui/embedded";
import { expect, test } from "vitest";

import { ops, run } from "./run.ts";
import { scratchDirectory } from "./scratch.ts";

const testLimitMs = 60_000;
const oneTimePassword = /one-time password:? ([0-9A-Z-]{23})/i;

type Place = { readonly DATA_DIR: string; readonly API_PORT: string; readonly LOG_LEVEL: string };

async function place(): Promise<Place> {
  return { DATA_DIR: scratchDirectory(), API_PORT: String(await freePort()), LOG_LEVEL: "warn" };
}

/** Signs in as a browser does, and answers the session's cookie. */
async function signIn({ API_PORT: port }: Place, email: string, password: string) {
  const response = await fetch(`http://127.0.0.1:${port}/auth/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: `http://127.0.0.1:${port}` },
    body: JSON.stringify({ email, password }),
  });
  const cookie = response.headers.getSetCookie().map((line) => line.split(";")[0]);
  return { status: response.status, cookie: cookie.join("; ") };
}

async function sessionOf({ API_PORT: port }: Place, cookie: string) {
  const response = await fetch(`http://127.0.0.1:${port}/auth/session`, { headers: { cookie } });
  const session: unknown = await response.json();
  return session;
}

test(
  "start makes a first operator, prints the one-time password once, and keeps sessions over a restart",
  async () => {
    const where = await place();
    const first = run("start", where);
    await first.says("ready ");
    const [, password = ""] = oneTimePassword.exec(first.stdout()) ?? [];

    const { status, cookie } = await signIn(where, "operator@zhanggui.local", password);
    first.process.kill("SIGTERM");
    await first.ended;
    const second = run("start", where);
    await second.says("ready ");

    expect(status).toBe(200);
    expect(first.stdout()).toContain(`http://127.0.0.1:${where.API_PORT}/dashboard`);
    expect(first.stderr() + second.stderr()).not.toContain(password);
    expect(second.stdout()).toContain("operator@zhanggui.local\n");
    expect(second.stdout()).not.toMatch(oneTimePassword);
    expect(await sessionOf(where, cookie)).toEqual({
      operator: expect.objectContaining({ email: "operator@zhanggui.local", role: "admin", mustChangePassword: true }),
    });
  },
  testLimitMs,
);

test(
  "ops operator makes, lists, disables and enables operators, and gives new one-time passwords",
  async () => {
    const where = await place();
    const started = run("start", where);
    await started.says("ready ");
    const email = ["--email", "wang@shop.example"];

    const added = await ops(where, "operator", "add", ...email, "--role", "viewer", "--name", "王", "--reason", "new");
    const again = await ops(where, "operator", "add", ...email, "--role", "admin");
    const [, password = ""] = oneTimePassword.exec(added.said) ?? [];
    const { status, cookie } = await signIn(where, "wang@shop.example", password);
    const disabled = await ops(where, "operator", "disable", ...email);
    const ended = await sessionOf(where, cookie);
    const listed = await ops(where, "operator", "list");
    await ops(where, "operator", "enable", ...email);
    const reset = await ops(where, "operator", "reset-password", ...email);
    const [, other = ""] = oneTimePassword.exec(reset.said) ?? [];
    const last = await ops(where, "operator", "disable", "--email", "operator@zhanggui.local");

    expect(added).toMatchObject({ code: 0, said: expect.stringContaining("wang@shop.example (viewer)\n") });
    expect(again).toMatchObject({ code: 1, said: "", complained: expect.stringContaining("already") });
    expect(status).toBe(200);
    expect(disabled).toMatchObject({ code: 0, said: "wang@shop.example: disabled, and signed out everywhere.\n" });
    expect(ended).toMatchObject({ code: "unauthenticated" });
    expect(listed.said).toMatch(/wang@shop\.example +王 +viewer +disabled +no/);
    expect(other).not.toBe(password);
    expect(await signIn(where, "wang@shop.example", password)).toMatchObject({ status: 401 });
    expect(await signIn(where, "wang@shop.example", other)).toMatchObject({ status: 200 });
    expect(last).toMatchObject({ code: 1, complained: "This is the last admin: make another one first.\n" });
  },
  testLimitMs,
);

test("ops operator says what is missing, before it looks for a system", async () => {
  const where = { DATA_DIR: scratchDirectory() };

  expect((await ops(where, "operator", "add", "--email", "a@shop.example")).complained).toContain("--role");
  expect((await ops(where, "operator", "disable")).complained).toBe("--email says whom.\n");
  expect((await ops(where, "operator", "disable", "--email", "nobody")).complained).toBe("--email is not usable.\n");
});
