import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { readScripts } from "../src/scripts/read-scripts.ts";
import { type World, startWorld } from "./harness.ts";
import { endOf, lookAtRun, playScript, runOf, startScript } from "./play-script.ts";

describe("files", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "zhanggui-scripts-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  function mistakes(): string {
    try {
      readScripts(directory);
      return "none";
    } catch (error) {
      return String(error);
    }
  }

  const texts = { title: { zh: "一", en: "One" }, what: { zh: "二", en: "Two" } };

  test("every mistake of every file is named with its place", async () => {
    await writeFile(join(directory, "broken.json"), "{");
    await writeFile(join(directory, "named.json"), JSON.stringify({ name: "other", ...texts, steps: [{ do: "pay" }] }));
    const steps = [
      { do: "pay", amuont: "1.00" },
      { do: "dance" },
      { do: "pay", duplicates: { between: [0, 51] } },
      { do: "notify", after: { oneOf: [1, "tomorrow"] } },
      { do: "send", held: "nothing" },
      { do: "answer", call: "query", with: "paid_on_close" },
      { do: "pay", amount: "due*7", chance: 2 },
    ];
    await writeFile(join(directory, "wrong.json"), JSON.stringify({ name: "wrong", title: { en: "W" }, steps }));

    const named = mistakes();

    for (const place of [
      "scripts/broken.json: is not JSON",
      "scripts/named.json: name: must be the file's, named",
      "scripts/wrong.json: title.zh:",
      "scripts/wrong.json: what:",
      'scripts/wrong.json: steps.0: Unrecognized key: "amuont"',
      "scripts/wrong.json: steps.1.do:",
      "scripts/wrong.json: steps.2.duplicates: Too big",
      "scripts/wrong.json: steps.3.after: must be",
      "scripts/wrong.json: steps.5.with: this call cannot be answered so",
      "scripts/wrong.json: steps.6.amount: must be yuan text",
      "scripts/wrong.json: steps.6.chance: must be a number from 0 to 1",
    ]) {
      expect(named).toContain(place);
    }
  });

  test("a notice is held once, and sent only after it was held", async () => {
    const steps = [
      { do: "send", held: "a" },
      { do: "pay", hold: "a" },
      { do: "notify", hold: "a" },
    ];
    await writeFile(join(directory, "held.json"), JSON.stringify({ name: "held", ...texts, steps }));

    expect(mistakes()).toContain("steps.0.held: no earlier step holds a notice of this name");
    expect(mistakes()).toContain("steps.2.hold: another step holds a notice of this name");
  });
});

describe("runs", () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
    await world.openPayment("p1");
  });
  afterEach(() => world.stop());

  const waiting = { script: { name: "waiting", steps: [{ do: "wait", after: "close" }] } };

  test("the scripts are listed with what a tester reads", async () => {
    const response = await fetch(`${world.simulator.url}/control/scripts`);
    const { scripts } = z.object({ scripts: z.array(z.unknown()) }).parse(await response.json());

    expect(scripts.length).toBeGreaterThanOrEqual(14);
    const text = { zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.stringMatching(/^[A-Z]/) };
    for (const script of scripts) expect(script).toMatchObject({ title: text, what: text });
  });

  test("the played providers are listed", async () => {
    const answer = await fetch(`${world.simulator.url}/control/providers`);

    expect(await answer.json()).toEqual({ providers: [{ provider: "mock", look: "plain" }] });
  });

  test("an unknown script, payment or run is refused by name", async () => {
    const unknown = await startScript(world, "p1", { script: "none" });

    expect(unknown.status).toBe(422);
    expect(await unknown.json()).toMatchObject({ code: "script_not_found", detail: expect.stringContaining("storm") });
    expect((await startScript(world, "nobody", { script: "pay" })).status).toBe(404);
    expect((await fetch(`${world.simulator.url}/control/runs/run_1`)).status).toBe(404);
  });

  test("a script that comes along is checked as a file is", async () => {
    const response = await startScript(world, "p1", { script: { steps: [{ do: "pay", amount: "much" }] } });

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("amount") });
  });

  test("the answer comes at once with every choice made, and the run shows how far it is", async () => {
    const response = await startScript(world, "p1", {
      script: {
        steps: [
          { do: "pay", duplicates: { between: [2, 2] } },
          { do: "wait", after: "close" },
        ],
      },
      seed: 7,
    });

    const run = await runOf(response);
    expect(response.status).toBe(202);
    expect(run).toMatchObject({ seed: 7, progress: { state: "running" }, steps: [{ do: "pay", duplicates: 2 }, {}] });
    expect((await endOf(world, run.id)).steps).toMatchObject([
      { state: "done", deliveries: [{ role: "notice", answer: { status: 200 } }, {}, {}] },
      { state: "waiting" },
    ]);
  });

  test("a step that cannot be carried out is told, and the next one is", async () => {
    const steps = [{ do: "pay", amount: "due-39.80" }, { do: "pay" }, { do: "pay" }, { do: "notify" }];

    const run = await playScript(world, "p1", { script: { steps } });

    expect(run.progress).toEqual({ state: "done" });
    expect(run.steps).toMatchObject([
      { state: "refused", why: "amount_not_above_zero" },
      { state: "done" },
      { state: "refused", why: "already_paid" },
      { state: "done" },
    ]);
  });

  test("one script at a time plays with a payment, and a stopped one makes room", async () => {
    const run = await runOf(await startScript(world, "p1", waiting));

    expect((await startScript(world, "p1", { script: "pay" })).status).toBe(409);
    const stopped = await fetch(`${world.simulator.url}/control/runs/${run.id}`, { method: "DELETE" });
    expect((await runOf(stopped)).progress).toEqual({ state: "stopped" });
    expect((await lookAtRun(world, run.id)).progress).toEqual({ state: "stopped" });
    expect((await startScript(world, "p1", { script: "pay" })).status).toBe(202);
  });

  test("sixteen scripts play at once and no more", async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 17; index += 1) {
      await world.openPayment(`many${index}`);
      statuses.push((await startScript(world, `many${index}`, waiting)).status);
    }

    expect(statuses).toEqual([...Array(16).fill(202), 429]);
  });

  test("a restart ends what was being played", async () => {
    const run = await runOf(await startScript(world, "p1", waiting));

    world = await world.restart();

    expect((await fetch(`${world.simulator.url}/control/runs/${run.id}`)).status).toBe(404);
    expect((await startScript(world, "p1", { script: "pay" })).status).toBe(202);
  });
});
