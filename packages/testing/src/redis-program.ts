import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { findOnPath, findRedis } from "@zhanggui/embedded";
import { frame } from "./frame.ts";

/** Debian asks this program whether a package may start its service; 101 forbids it. */
const servicePolicy = "/usr/sbin/policy-rc.d";

const installLimitMs = 180_000;

/** Where Redis is, installed first when we may: the tests of the Redis queue are worth a minute on a fresh machine. */
export function ensureRedisProgram(): string | undefined {
  const found = findRedis();
  if (found !== undefined) return found;

  if (process.getuid?.() === 0 && findOnPath("apt-get") !== undefined) installWithApt();
  const installed = findRedis();
  if (installed === undefined) process.stderr.write(frame(withoutRedis));
  return installed;
}

const withoutRedis = [
  "LEFT OUT: every test that needs Redis.",
  "There is no redis-server and no valkey-server on PATH, and none could be installed.",
  "Debian, Ubuntu: apt-get install redis-server     macOS: brew install redis",
  "Or name a running one: REDIS_URL=redis://127.0.0.1:6379",
];

function installWithApt(): void {
  process.stderr.write("No Redis on this machine: installing Debian's redis-server, without its service ...\n");
  const forbid = !existsSync(servicePolicy);
  if (forbid) writeFileSync(servicePolicy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    runApt("update");
    runApt("install", "-y", "--no-install-recommends", "redis-server");
  } finally {
    if (forbid) rmSync(servicePolicy, { force: true });
  }
}

function runApt(...args: readonly string[]): void {
  spawnSync("apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: "ignore",
    timeout: installLimitMs,
  });
}
