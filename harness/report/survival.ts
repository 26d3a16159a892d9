// SPDX-License-Identifier: GPL-2.0-only
import type { JudgedTrial } from '../model/verdict.ts';
import type { Spell } from '../stats/survival.ts';

/** Spells of trials that have counters; those without never raced as far as anybody knows. */
export function spellsOf(trials: readonly JudgedTrial[]): Spell[] {
  return trials.flatMap(({ evidence: { exposure }, verdict }) =>
    exposure === null ? [] : [{ seconds: exposure.elapsedMs / 1000, crashed: verdict.kind === 'target' }],
  );
}
