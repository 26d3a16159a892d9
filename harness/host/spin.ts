// SPDX-License-Identifier: GPL-2.0-only
/**
 * A program: looks at the clock without a pause, and prints how long it stood still, each time, as a JSON list of
 * milliseconds. Arguments: for how many seconds, and from how many milliseconds on it counts.
 */
const WARM_UP_MS = 300;
const MOST = 100_000;

const [seconds = 0, leastMs = 0] = process.argv.slice(2).map(Number);
const gaps = new Float64Array(MOST);

/** Returns how many gaps there were. Without garbage: its collection would be one. */
function spin(forMs: number): number {
  let count = 0;
  let last = performance.now();
  const end = last + forMs;
  while (last < end) {
    const now = performance.now();
    if (now - last >= leastMs && count < MOST) gaps[count++] = now - last;
    last = now;
  }
  return count;
}

spin(WARM_UP_MS);
process.stdout.write(`${JSON.stringify([...gaps.subarray(0, spin(seconds * 1000))])}\n`);
