/** Whoever wants yesterday's run back sets ACCEPTANCE_SEED to what it printed. */
export const seed = Number(process.env.ACCEPTANCE_SEED ?? Date.now() % 2 ** 31);

export type Random = { readonly next: () => number; readonly below: (limit: number) => number };

/** A generator of its own for each player, so that who comes first does not change what each one does. */
export function randomOf(name: string): Random {
  let state = seed;
  for (const letter of name) state = (Math.imul(state, 31) + letter.charCodeAt(0)) | 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (limit) => Math.floor(next() * limit) };
}
