// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from '../model/splat.ts';
import type { ThreadBeat } from '../model/guest-end.ts';
import type { Corruption } from '../model/trial.ts';
import type { RunResult } from '../model/verdict.ts';

/** One title that a run showed, with everything that a report says about it. */
export interface Finding {
  readonly title: string;
  readonly target: boolean;
  /** Trials that showed it, by `<probe>/<variant>`, in the plan's order. */
  readonly seen: readonly { readonly where: string; readonly count: number }[];
  /** Id of the trial that the example is from. */
  readonly trial: string;
  /** The first splat of this title; null where no splat was printed. */
  readonly splat: Splat | null;
  /** Threads that stood still in that trial; empty where none did. */
  readonly threads: readonly ThreadBeat[];
  /** Words that came back wrong in that trial; empty where a splat says more. */
  readonly corruptions: readonly Corruption[];
}

/** Every title of a run once: targets first, then in the plan's order. */
export function findingsOf({ trials, verdict }: RunResult): Finding[] {
  const titles = new Map<string, { target: boolean; seen: { where: string; count: number }[] }>();
  for (const { probe, variant, signatures } of verdict.variants) {
    for (const { title, count, target } of signatures) {
      const entry = titles.get(title) ?? { target: false, seen: [] };
      entry.target ||= target;
      entry.seen.push({ where: `${probe}/${variant}`, count });
      titles.set(title, entry);
    }
  }
  return [...titles]
    .map(([title, entry]) => ({ title, ...entry, ...exampleOf(title, trials) }))
    .sort((a, b) => Number(b.target) - Number(a.target));
}

/** The trial of the lowest index that shows `title`: the same one in whatever order trials were read. */
function exampleOf(
  title: string,
  trials: RunResult['trials'],
): Pick<Finding, 'trial' | 'splat' | 'threads' | 'corruptions'> {
  const showing = trials
    .filter(({ evidence, verdict }) => {
      const hung = verdict.kind === 'hang' && verdict.where === title;
      return (
        hung ||
        (verdict.kind === 'other-bug' && verdict.title === title) ||
        evidence.splats.some((splat) => splat.title === title)
      );
    })
    .sort(
      (a, b) => a.evidence.spec.index - b.evidence.spec.index || (a.evidence.spec.id < b.evidence.spec.id ? -1 : 1),
    );
  const evidence = showing[0]?.evidence;
  const splat = evidence?.splats.find((candidate) => candidate.title === title) ?? null;
  return {
    trial: evidence?.spec.id ?? '',
    splat,
    threads: evidence?.end.kind === 'stalled' ? evidence.end.threads : [],
    corruptions: splat === null ? (evidence?.exposure?.corruptions ?? []) : [],
  };
}
