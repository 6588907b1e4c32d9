import type { Closings } from "../closings.ts";
import type { Variables } from "../settings.ts";
import { type ChildOutput, forPerson, passThrough } from "./child-output.ts";
import type { Program } from "./programs.ts";
import { supervise } from "./supervise.ts";

export type StartChildren = {
  readonly programs: readonly Program[];
  readonly variables: Variables;
  readonly logFolder: string;
  readonly isPerson: boolean;
  readonly closings: Closings;
  readonly report: (sentence: string) => void;
};

export type Children = { readonly ready: Promise<void>; readonly broken: Promise<never> };

const readyLimitMs = 30_000;

/** Starts all at once; they are stopped one after the other. */
export function startChildren(wanted: StartChildren): Children {
  const { programs, variables, closings, report } = wanted;
  const children = programs.map((program) => {
    const output = outputOf(program.name, wanted);
    closings.add(`the log of the ${program.name}`, output.close);
    const child = supervise(program, { variables, output, report, now: () => performance.now() });
    closings.add(`the ${program.name}`, child.stop);
    return { name: program.name, ...child };
  });
  return {
    ready: Promise.all(children.map(({ name, ready }) => inTime(name, ready))).then(() => undefined),
    broken: Promise.race(children.map(({ broken }) => broken)),
  };
}

function outputOf(name: string, { isPerson, logFolder, report }: StartChildren): ChildOutput {
  return isPerson ? forPerson({ logFolder, name, report }) : passThrough;
}

function inTime(name: string, ready: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new Error(`The ${name} was not ready within ${readyLimitMs / 1_000} s: its log tells why.`));
    const limit = setTimeout(late, readyLimitMs);
    ready.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
