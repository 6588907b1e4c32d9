/** A seeded generator (mulberry32), so that a failing mutation can be made again. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Bytes with one to three edits: a byte replaced, put in, taken out, a run repeated, or the end cut off. */
export function mutate(bytes: Uint8Array, below: (limit: number) => number): Uint8Array {
  let mutated = Buffer.from(bytes);
  for (let edits = 1 + below(3); edits > 0; edits -= 1) {
    const at = below(mutated.length + 1);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
    const byte = Buffer.from([below(256)]);
    const run = after.subarray(0, below(40));
    const choices = [
      () => Buffer.concat([before, byte, after.subarray(1)]),
      () => Buffer.concat([before, byte, after]),
      () => Buffer.concat([before, after.subarray(1)]),
      () => Buffer.concat([before, run, after]),
      () => Buffer.from(before),
    ];
    mutated = choices[below(choices.length)]?.() ?? mutated;
  }
  return mutated;
}

/** Each way to flip one bit of one byte: the lowest, so that text mostly stays text. */
export function* flippedBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of bytes.entries()) {
    const flipped = Buffer.from(bytes);
    flipped[at] = byte ^ 1;
    yield flipped;
  }
}
