// SPDX-License-Identifier: GPL-2.0-only
import {
  stepName,
  type Outline,
  type ProbedVariant,
  type ProbeVerdict,
  type StepBrief,
  type TrendFigure,
} from '../../model/probe.ts';
import type { Plot, Section, SectionRow, ShownFinding } from '../../model/section.ts';
import { several } from '../../model/words.ts';
import { pointStatus } from '../point-status.ts';
import { SEARCH_FILES } from './files.ts';
import { findingsOf, thatDid, type Searched } from './finding.ts';
import { outcomeOfRounds } from './judge.ts';
import { MOST_CENSUS_GUESTS } from './next.ts';
import type { SearchSpec } from './spec.ts';
import { guestLines, scheduleLines, searchedText, titleOf, titleOfSearch } from './words.ts';

/** A variant of a probe with its steps. */
interface Shown {
  readonly verdict: ProbedVariant;
  readonly own: readonly Searched[];
}

/** What was done, what came of it, and what it comes down to. */
export function showSearched(probe: SearchSpec, seen: readonly Searched[], verdict: ProbeVerdict): Section {
  const shown = verdict.variants.map((each): Shown => {
    return { verdict: each, own: seen.filter(({ step }) => step.variant === each.variant) };
  });
  return {
    id: probe.id,
    title: titleOfSearch(probe),
    blind: verdict.blind,
    rows: shown.map((each) => rowOf(probe, each)),
    legend: [],
    notes: shown.flatMap(noteOf),
    prose: [
      'Threads of the workload were held at random while it raced; what was found was then placed by a schedule.',
      'Where no thread was held, a search says nothing.',
    ],
    findings: shown.flatMap(findingsShown),
    plots: shown.flatMap(schedulePlot),
    points: shown.map(({ verdict: each, own }) => ({
      id: each.variant,
      ...pointStatus(each),
      details: [each.reason, searchedText(probe, own), ...guestLines(own), ...scheduleLines(own)],
      splat: findingsOf(own)[0]?.finding.splats[0]?.text ?? null,
      steps: own.map(({ step }) => stepName(step)),
    })),
  };
}

function rowOf(probe: SearchSpec, { verdict: { variant, outcome, reason }, own }: Shown): SectionRow {
  const text = searchedText(probe, own);
  const said = outcome === 'inconclusive' ? [reason] : [];
  const remarks = [...said, ...guestLines(own), ...scheduleLines(own)];
  return { variant, outcome, cells: [], narrow: [], remarks: own.length === 0 ? said : [text, ...remarks] };
}

/** Where the schedule lies. */
function noteOf({ verdict: { variant }, own }: Shown): string[] {
  return thatDid(own, 'minimise')
    .filter(({ finding }) => finding.schedule !== null)
    .map(({ step }) => `${variant}: the schedule is ${SEARCH_FILES.schedule} of the step ${stepName(step)}`);
}

function schedulePlot({ verdict: { variant }, own }: Shown): Plot[] {
  return thatDid(own, 'minimise').flatMap(({ finding: { schedule } }): Plot[] => {
    if (schedule === null) return [];
    const rows = schedule
      .trimEnd()
      .split('\n')
      .map((line) => [line]);
    return [
      { kind: 'table', title: `A schedule that reproduces it on ${variant}`, head: [SEARCH_FILES.schedule], rows },
    ];
  });
}

function findingsShown({ verdict, own }: Shown): ShownFinding[] {
  return verdict.signatures.flatMap(({ title, count, target }) => {
    const example = findingsOf(own).find(({ finding }) => titleOf(finding.found) === title);
    if (example === undefined) return [];
    const [splat = null] = example.finding.splats;
    return [
      {
        ...{ title, target, variant: verdict.variant, count, unit: verdict.unit, step: stepName(example.step), splat },
        lines: [],
      },
    ];
  });
}

/** Findings per hold that held a thread. */
export function trendOfSearched(
  _probe: SearchSpec,
  seen: readonly Searched[],
  { variants }: ProbeVerdict,
): TrendFigure[] {
  return variants.flatMap(({ variant, counts, signatures }) => {
    const own = thatDid(seen, 'rounds').filter(({ step }) => step.variant === variant);
    const exposure = own.reduce((total, { finding }) => total + finding.held, 0);
    const figure = (name: string, count: number): TrendFigure => ({
      ...{ variant, name },
      value: { kind: 'rate', count, exposure, unit: 'hold' },
    });
    return [figure('target', counts.target), ...signatures.map(({ title, count }) => figure(title, count))];
  });
}

export function outlineOfSearch(probe: SearchSpec): Outline {
  const { functions, findings, variants, control, expect } = probe;
  const census = functions === null;
  return {
    lines: [
      titleOfSearch(probe),
      ...variants.map((variant) => {
        const role = variant === control ? ', the control' : '';
        return `${variant}: expected ${expect[variant]?.accept.join(' or ') ?? 'nothing'}${role}`;
      }),
    ],
    least: variants.length * (census ? 2 : 1),
    // A guest for each finding, one that shows none, one that minimises, and one that replays; lost ones are more.
    most: variants.length * ((census ? MOST_CENSUS_GUESTS : 0) + findings + 3),
  };
}

/** What one step says by itself. */
export function briefOfSearched(probe: SearchSpec, seen: Searched): StepBrief {
  const { finding, end } = seen;
  const lost = end.kind === 'completed' ? '' : end.message;
  const brief = (words: string, over: Partial<StepBrief> = {}): StepBrief => ({
    ...{ outcome: 'inconclusive', words, void: false, measured: null, titles: [], splat: null },
    cells: { did: finding.do, rounds: 0, held: 0 },
    ...over,
  });
  switch (finding.do) {
    case 'census':
      return brief(lost || `${several(finding.reached.length, 'function')} reached`);
    case 'rounds': {
      const { found, rounds, held, splats } = finding;
      const title = found === null ? null : titleOf(found);
      return brief(title ?? (lost || `nothing in ${several(held, 'hold')}`), {
        outcome: outcomeOfRounds(finding, probe),
        measured: { value: held, unit: 'holds' },
        titles: title === null ? [] : [title],
        splat: splats[0]?.text ?? null,
        cells: { did: finding.do, rounds, held },
      });
    }
    case 'minimise':
      return brief(lost || (finding.schedule === null ? 'no schedule gives it' : 'a schedule gives it'));
    case 'replay':
      return brief(lost || `${finding.met} of ${finding.attempts} attempts met what the schedule expects`);
  }
}
