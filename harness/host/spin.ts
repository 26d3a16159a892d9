// SPDX-License-Identifier: GPL-2.0-only
/**
 * A program: reads the clock without a pause, and prints the stalls that it saw as a JSON list of milliseconds.
 * Arguments: seconds to run, and the least milliseconds that count as a stall.
 */
const WARM_UP_MS = 300;
const MOST = 100_000;

const [seconds = 0, leastMs = 0] = process.argv.slice(2).map(Number);
const gaps = new Float64Array(MOST);

/** Returns the number of gaps. Allocates nothing: a garbage collection would be a gap. */
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
