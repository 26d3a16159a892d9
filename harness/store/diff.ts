/**
 * Says where a stored JSON value first differs from the one recomputed: `exposure.exposedSwapoffs is 1200, recomputed
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

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const LONGEST = 80;

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const json = JSON.stringify(value);
  return json.length <= LONGEST ? json : `${json.slice(0, LONGEST)}…`;
}
