// SPDX-License-Identifier: GPL-2.0-only
import type { ShownFinding } from '../model/section.ts';
import type { ShownRun } from '../model/shown.ts';
import { several } from './wording.ts';

/** One title that a run showed, under whatever probes. */
export interface Finding extends Pick<ShownFinding, 'title' | 'target' | 'step' | 'splat' | 'lines'> {
  /** What showed it, by `<probe>/<variant>`, in the plan's order. */
  readonly seen: readonly (Pick<ShownFinding, 'count' | 'unit'> & { readonly where: string })[];
}

/** Every title of a run once, with the example of its first step: targets first, then in the plan's order. */
export function findingsOf({ probes }: ShownRun): Finding[] {
  const index = new Map(probes.flatMap(({ steps }) => steps.map(({ name, step }) => [name, step.index] as const)));
  const titles = new Map<string, Finding>();
  for (const { section } of probes) {
    for (const { title, target, variant, count, unit, step, splat, lines } of section.findings) {
      const seen = { where: `${section.id}/${variant}`, count, unit };
      const known = titles.get(title);
      const example = { step, splat, lines };
      if (known === undefined) titles.set(title, { title, target, seen: [seen], ...example });
      else {
        const earlier = isEarlier(example.step, known.step, index) ? example : known;
        titles.set(title, {
          ...{ title, target: known.target || target, seen: [...known.seen, seen] },
          ...{ step: earlier.step, splat: earlier.splat, lines: earlier.lines },
        });
      }
    }
  }
  return [...titles.values()].sort((a, b) => Number(b.target) - Number(a.target));
}

/** By the step's index, then by its name: the same example in whatever order steps were made. */
function isEarlier(a: string, b: string, index: ReadonlyMap<string, number>): boolean {
  const difference = (index.get(a) ?? 0) - (index.get(b) ?? 0);
  return difference < 0 || (difference === 0 && a < b);
}

export function seenText(seen: Finding['seen']): string {
  return seen.map(({ where, count, unit }) => `${several(count, unit)} of ${where}`).join(', ');
}
