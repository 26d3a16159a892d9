// SPDX-License-Identifier: GPL-2.0-only
/** The numbers of a kernel version: `6.1.192-rc1` is [6, 1, 192]. */
function numbers(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}

/** Compares as many numbers as the bound has: 6.1.192 is neither before nor after 6.1. */
function compareTo(version: string, bound: string): number {
  const have = numbers(version);
  for (const [index, wanted] of numbers(bound).entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when `version` lies between both bounds, inclusive; null is open. `6.1.192` is within `until 6.1`. */
export function isWithin(version: string, from: string | null, until: string | null): boolean {
  return (from === null || compareTo(version, from) >= 0) && (until === null || compareTo(version, until) <= 0);
}
