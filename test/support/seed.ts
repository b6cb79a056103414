// Random choices that can be repeated: the seed is printed, and WAGGLE_SEED gives it back.

/** The seed of this run: from the environment, else from the clock. */
export function takeSeed(): number {
  const given = Number(process.env['WAGGLE_SEED']);
  return Number.isInteger(given) && given > 0 ? given : Date.now() % 1_000_000_007;
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
