import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { createLogger } from "@zhanggui/runtime";
import { afterAll, expect, test } from "vitest";

import { dashboardRoutes } from "../src/routes/dashboard.ts";
import { createRouter } from "../src/http/router.ts";
import { answerProblem, faultOf } from "../src/http/problem.ts";
import { Fault } from "@zhanggui/domain";

const folder = mkdtempSync(join(tmpdir(), "zhanggui-console-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), '<meta property="csp-nonce" nonce="{{nonce}}"><div id="root"></div>');
writeFileSync(join(folder, "assets", "index-1a2b.js"), "export {};");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = createLogger("api", "silent");

function serve(from: string) {
  const app = createRouter().route("/dashboard", dashboardRoutes({ log }, pathToFileURL(`${from}/`)));
  app.onError((error, c) => answerProblem(c, faultOf(error) ?? new Fault("internal_error")));
  return async (path: string) => app.request(path);
}

const ask = serve(folder);

test("the console's page runs no inline script, asks no other host, and lets styles pass by a number used once", async () => {
  const first = await ask("/dashboard");
  const second = await ask("/dashboard");

  const policy = first.headers.get("content-security-policy") ?? "";
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  expect(await first.text()).toContain(`nonce="${nonce}"`);
  expect(second.headers.get("content-security-policy")).not.toBe(policy);
});

test("every address below /dashboard is the page, and none of them is kept by the browser", async () => {
  for (const path of ["/dashboard", "/dashboard/", "/dashboard/orders/ord_1"]) {
    const answer = await ask(path);

    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
  }
});

test("an asset is kept for ever, since its name changes with what it holds", async () => {
  const answer = await ask("/dashboard/assets/index-1a2b.js");

  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("javascript");
  expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
});

test("an asset that is not there is not answered with the page", async () => {
  for (const path of [
    "/dashboard/assets/gone.js",
    "/dashboard/assets/../index.html/x",
    "/dashboard/assets/%2e%2e%2findex.html",
  ]) {
    const answer = await ask(path);

    expect(answer.headers.get("cache-control")).not.toBe("public, max-age=31536000, immutable");
  }
  expect((await ask("/dashboard/assets/gone.js")).status).toBe(404);
});

test("a console that was not built says how to build it", async () => {
  const answer = await serve(join(folder, "nothing"))("/dashboard");

  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("pnpm --filter @zhanggui/dashboard build");
});
