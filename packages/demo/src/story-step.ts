/** What is looked at after a step: a name, and a short text that says how it stands. */
export type Facts = Readonly<Record<string, string>>;

/** One step of the story: what is done, and how everything should stand after it. */
export type Step = {
  readonly title: string;
  readonly done: string;
  readonly expected: Facts;
  /** Does it, and answers how to look at what became of it. */
  readonly play: () => Promise<() => Promise<Facts>>;
};

export type PlayedStep = Pick<Step, "title" | "done" | "expected"> & {
  readonly seen: Facts;
  readonly ok: boolean;
};

/** Exactly the expected facts, no more and no fewer. */
export function agree(expected: Facts, seen: Facts): boolean {
  const names = new Set([...Object.keys(expected), ...Object.keys(seen)]);
  return [...names].every((name) => expected[name] === seen[name]);
}
