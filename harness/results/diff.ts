// SPDX-License-Identifier: GPL-2.0-only
/**
 * Says where a stored JSON value first differs from the one recomputed: `exposure.exposed is 1200, recomputed
 * 1201`. Null when they are equal. Order of keys does not matter, order of elements does.
 */
export function firstDifference(stored: unknown, recomputed: unknown, path = ''): string | null {
  if (isTree(stored) && isTree(recomputed) && Array.isArray(stored) === Array.isArray(recomputed)) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(recomputed)]);
    for (const key of keys) {
      const difference = firstDifference(stored[key], recomputed[key], path === '' ? key : `${path}.${key}`);
      if (difference !== null) return difference;
    }
    return null;
  }
  if (Object.is(stored, recomputed)) return null;
  return `${path === '' ? 'the value' : path} is ${shown(stored)}, recomputed ${shown(recomputed)}`;
}

/** As `firstDifference`, of texts: `line 3 is "a", recomputed "b"`. */
export function firstLineThatDiffers(stored: string, recomputed: string): string | null {
  if (stored === recomputed) return null;
  const [ours, theirs] = [stored.split('\n'), recomputed.split('\n')];
  const line = ours.findIndex((text, index) => text !== theirs[index]);
  const at = line === -1 ? ours.length : line;
  return `line ${at + 1} is ${JSON.stringify(ours[at] ?? null)}, recomputed ${JSON.stringify(theirs[at] ?? null)}`;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const LONGEST = 80;

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const json = JSON.stringify(value);
  return json.length <= LONGEST ? json : `${json.slice(0, LONGEST)}…`;
}
