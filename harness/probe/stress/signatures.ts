// SPDX-License-Identifier: GPL-2.0-only
import type { ProbedVariant } from '../../model/probe.ts';
import { classify } from '../../model/signature.ts';
import type { Splat } from '../../model/splat.ts';
import type { ProbedRace } from '../keys.ts';
import type { JudgedTrial } from './trial.ts';

type Signature = ProbedVariant['signatures'][number];

/** Titles of everything that trials showed, with the number of trials that showed it: targets first, then by number. */
export function signaturesOf(trials: readonly JudgedTrial[], race: ProbedRace): Signature[] {
  const found = new Map<string, Signature>();
  for (const trial of trials) {
    for (const [title, isTarget] of titlesOf(trial, race)) {
      const before = found.get(title);
      found.set(title, { title, count: (before?.count ?? 0) + 1, target: isTarget || (before?.target ?? false) });
    }
  }
  return [...found.values()].sort(
    (a, b) => Number(b.target) - Number(a.target) || b.count - a.count || (a.title < b.title ? -1 : 1),
  );
}

/** Each title once a trial; true for the target. Empty for a trial that was not about the kernel. */
export function titlesOf(
  { evidence, verdict }: JudgedTrial,
  { target, oracle, words }: ProbedRace,
): Map<string, boolean> {
  const titles = new Map<string, boolean>();
  if (verdict.kind === 'inconclusive' && (verdict.cause === 'host-fault' || verdict.cause === 'wrong-kernel'))
    return titles;
  for (const splat of causes(evidence.splats, target)) {
    const isTarget = oracle.includes('splat') && classify(splat, target) === 'target';
    titles.set(splat.title, isTarget || titles.get(splat.title) === true);
  }
  if (verdict.kind === 'hang') titles.set(verdict.where, false);
  if ((evidence.exposure?.corruptPages ?? 0) > 0) titles.set(words.corruption, oracle.includes('contents'));
  if (verdict.kind === 'target') titles.set(verdict.title, true);
  return titles;
}

/** What follows the expected bug in the same guest is its consequence: a task that died in a fault leaves a mess. */
function causes(splats: readonly Splat[], target: ProbedRace['target']): readonly Splat[] {
  const first = splats.findIndex((splat) => classify(splat, target) === 'target');
  return first < 0 ? splats : splats.slice(0, first + 1);
}
