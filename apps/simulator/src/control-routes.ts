import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { z } from "zod";

import type { Folder } from "./book/folders.ts";
import { statusOf } from "./book/standing.ts";
import { instructionSchema, refundsInstructionSchema } from "./play/instruction.ts";
import { type FirstDelivery, type PlayDeps, play } from "./play/play.ts";
import type { Scripts } from "./scripts/read-scripts.ts";
import type { Run } from "./scripts/run.ts";
import type { RunRefusal, Runs } from "./scripts/runs.ts";
import { runAskedSchema } from "./scripts/script.ts";

export type ScriptDeps = { readonly scripts: Scripts; readonly runs: Runs };

const maximumBodyBytes = 16_384;
const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
const loopbackAddresses: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/**
 * Only this machine may play. The name is looked at too: a page on the web can point a name of its own at 127.0.0.1.
 */
const loopbackOnly = createMiddleware(async (c, next) => {
  const address = getConnInfo(c).remote.address ?? "";
  const isLocal = loopbackAddresses.has(address) && loopbackNames.has(new URL(c.req.url).hostname);
  return isLocal ? next() : problem(c, 403, "loopback_only");
});

/** A form or plain text could be sent by any web page without asking first. */
const jsonOnly = createMiddleware(async (c, next) =>
  c.req.header("content-type")?.startsWith("application/json") ? next() : problem(c, 415, "unsupported_media_type"),
);

/** What scripts, tests and `demo` have the gateways do. */
export function controlRoutes(deps: PlayDeps & ScriptDeps) {
  return new Hono()
    .use(loopbackOnly)
    .get("/providers", (c) =>
      c.json({ providers: [...deps.played].map(([provider, { look }]) => ({ provider, look })) }),
    )
    .route("/", scriptRoutes(deps))
    .get("/:provider/payments/:outTradeNo", (c) => {
      const folder = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"));
      return folder ? c.json(folderAnswer(folder, deps.now())) : problem(c, 404, "payment_not_found");
    })
    .post("*", bodyLimit({ maxSize: maximumBodyBytes }), jsonOnly)
    .post("/:provider/payments/:outTradeNo", async (c) => {
      const instruction = instructionSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!instruction.success) return problem(c, 422, "invalid_input", z.prettifyError(instruction.error));
      const folder = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"));
      if (!folder) return problem(c, 404, "payment_not_found");

      const played = play(deps, folder.payment, instruction.data);
      if (played.kind === "refused") return problem(c, 409, played.why);
      const deliveries = await played.deliveries;
      return c.json({
        payment: { ...played.payment, status: statusOf(played.payment, deps.now()) },
        deliveries: deliveries.map(deliveryAnswer),
      });
    })
    .post("/:provider/payments/:outTradeNo/refunds", async (c) => {
      const instruction = refundsInstructionSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!instruction.success) return problem(c, 422, "invalid_input", z.prettifyError(instruction.error));
      const folder = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"));
      if (!folder) return problem(c, 404, "payment_not_found");
      const payment = { ...folder.payment, refundsEnd: instruction.data.end };
      deps.book.put(payment);
      return c.json({ payment: { ...payment, status: statusOf(payment, deps.now()) } });
    });
}

/** Scripts are started here, and looked at while they are played. */
function scriptRoutes({ scripts, runs }: ScriptDeps) {
  return new Hono()
    .get("/scripts", (c) => c.json({ scripts: [...scripts.values()] }))
    .get("/runs/:id", (c) => {
      const run = runs.find(c.req.param("id"));
      return run ? c.json({ run: runAnswer(run) }) : problem(c, 404, "run_not_found");
    })
    .delete("/runs/:id", (c) => {
      const run = runs.stop(c.req.param("id"));
      return run ? c.json({ run: runAnswer(run) }) : problem(c, 404, "run_not_found");
    })
    .post("/:provider/payments/:outTradeNo/script", bodyLimit({ maxSize: maximumBodyBytes }), jsonOnly, async (c) => {
      const asked = runAskedSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!asked.success) return problem(c, 422, "invalid_input", z.prettifyError(asked.error));
      const { script: named, seed } = asked.data;
      const script = typeof named === "string" ? scripts.get(named) : named;
      if (script === undefined) {
        return problem(c, 422, "script_not_found", `there are: ${[...scripts.keys()].join(", ")}`);
      }
      const { provider, outTradeNo } = c.req.param();
      const starting = runs.start({ provider, outTradeNo, script, seed });
      return starting.kind === "started"
        ? c.json({ run: runAnswer(starting.run) }, 202)
        : problem(c, refusals[starting.why], starting.why);
    });
}

const refusals: Readonly<Record<RunRefusal, 404 | 409 | 429>> = {
  payment_not_found: 404,
  script_running: 409,
  too_many_runs: 429,
};

function runAnswer({ steps, ...run }: Run) {
  return {
    ...run,
    steps: steps.map(({ deliveries, ...step }) => ({
      ...step,
      ...(deliveries === undefined ? {} : { deliveries: deliveries.map(deliveryAnswer) }),
    })),
  };
}

function folderAnswer({ payment, refunds, notices }: Folder, now: Date) {
  return {
    payment: { ...payment, status: statusOf(payment, now) },
    refunds: [...refunds.values()],
    deliveries: [...notices.values()],
  };
}

function deliveryAnswer({ notice, attempt }: FirstDelivery) {
  return { noticeId: notice.id, role: notice.role, sent: attempt?.sent, answer: attempt?.answer };
}

function problem(c: Context, status: 403 | 404 | 409 | 415 | 422 | 429, code: string, detail?: string) {
  return c.json({ title: code, status, code, detail }, status, { "content-type": "application/problem+json" });
}
