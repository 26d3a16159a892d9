// SPDX-License-Identifier: GPL-2.0-only
/** Numbers in [0, 1); the same seed gives the same numbers. */
export type Random = () => number;

/** A generator of its own for every use (Marsaglia's xorshift32 over a mixed seed). @param seed any integer. */
export function seededRandom(seed: number): Random {
  // Seeds that differ by one must not begin alike (murmur3's finaliser), and the state must not be 0.
  let state = mix(seed ^ 0x9e3779b9) || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

function mix(seed: number): number {
  let hash = seed | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
