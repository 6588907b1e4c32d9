import type { Progress } from "@zhanggui/operations";
import { SingleBar } from "cli-progress";

import type { Terminal } from "../terminal.ts";

/** Where no bar can be drawn: a sentence for each tenth of a file, or for so many lines of one whose end is not known. */
const tenth = 0.1;
const linesASentence = 100_000;

export type ProgressDisplay = {
  /** Passes a file through and notes how much of it was read. */
  readonly counting: (file: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  readonly show: (progress: Progress) => void;
  readonly stop: () => void;
};

/** A bar on a person's terminal, a few sentences anywhere else; both on standard error. */
export function showProgress(terminal: Terminal, fileBytes: number | undefined): ProgressDisplay {
  let bytes = 0;
  const counting = async function* (file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of file) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  };
  const part = (): number | undefined => (fileBytes === undefined || fileBytes === 0 ? undefined : bytes / fileBytes);
  return { counting, ...(terminal.isPerson ? bar(part) : sentences(terminal, part)) };
}

type Display = Omit<ProgressDisplay, "counting">;

function bar(part: () => number | undefined): Display {
  const drawn = new SingleBar({ format: "{bar} {percentage} % | {what}", hideCursor: true, clearOnComplete: true });
  let started = false;
  return {
    show: (progress) => {
      if (!started) drawn.start(100, 0, { what: "" });
      started = true;
      const at = progress.step === "asking" ? progress.asked / Math.max(1, progress.of) : (part() ?? 0);
      drawn.update(Math.floor((progress.step === "comparing" ? 1 : at) * 100), { what: sentenceOf(progress) });
    },
    stop: () => {
      if (started) drawn.stop();
    },
  };
}

function sentences({ report }: Terminal, part: () => number | undefined): Display {
  let said = 0;
  return {
    show: (progress) => {
      if (progress.step === "comparing") report(sentenceOf(progress));
      if (progress.step !== "reading") return;
      const at = part();
      const now = at === undefined ? progress.lines / linesASentence : at / tenth;
      if (Math.floor(now) <= said) return;
      said = Math.floor(now);
      report(`${at === undefined ? "" : `${Math.floor(at * 100)} %, `}${sentenceOf(progress)}`);
    },
    stop: () => undefined,
  };
}

function sentenceOf(progress: Progress): string {
  switch (progress.step) {
    case "reading":
      return `${progress.lines} lines read`;
    case "comparing":
      return "comparing with the book";
    case "asking":
      return `asking the gateway, ${progress.asked} of ${progress.of}`;
  }
}
