// The hash of what peers choose: attribute sets and next hops. A peer must not be able to make values that fall together, since each
// would be compared with all before it, and every session would wait. A secret that only enters at the start does not help: flipping
// bits whose effect on the state is certain lets the next word take it back, whatever the state was.
// hot

const FIRST = 0x85ebca6b;
const LAST = 0x9e3779b1;

/**
 * Four octets a step. Each step multiplies by the secret as well, between shifts: what a flipped bit does to the state then hangs on
 * the secret. Every step is a bijection of the state, so that no octet gets lost.
 */
export function hashBytes(buffer: Uint8Array, start: number, end: number, seed: number): number {
  const secret = seed | 1;
  let hash = seed ^ (end - start);
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word = buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24);
    hash = Math.imul(hash ^ word, FIRST);
    hash = Math.imul(hash ^ (hash >>> 15), secret);
    hash ^= hash >>> 13;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ buffer[at], FIRST);
  hash = Math.imul(hash ^ (hash >>> 15), LAST);
  return hash ^ (hash >>> 16);
}
