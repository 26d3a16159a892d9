// SPDX-License-Identifier: GPL-2.0-only
/** Kinds of ends as 0.1 stored them, and what they are called now. */
const RENAMED: Readonly<Record<string, string>> = { 'workload-failed': 'program-failed', complained: 'splat' };

/** What a latency boot of 0.1 reported of a thread that hangs. */
const STALLED = /^(.+) made no progress for (\d+) s$/;

/** The end of a guest in a stored record as `guestEnd` has it; what is in that form already, or in none, is left. */
export function currentEnd(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !('kind' in stored)) return stored;
  const kind = String(stored.kind);
  const [, operation, seconds] =
    kind === 'stalled' && 'message' in stored ? (STALLED.exec(String(stored.message)) ?? []) : [];
  if (operation !== undefined)
    return { kind, threads: [{ name: operation, tid: null, operation, stalledMs: Number(seconds) * 1000 }] };
  return { ...stored, kind: RENAMED[kind] ?? kind };
}
