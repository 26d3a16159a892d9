// SPDX-License-Identifier: GPL-2.0-only
import {
  stepName,
  type Outline,
  type ProbedVariant,
  type ProbeVerdict,
  type StepBrief,
  type TrendFigure,
} from '../../model/probe.ts';
import type { Plot, Point, Section, SectionRow, ShownFinding } from '../../model/section.ts';
import { backendText, several, WORD } from '../../model/words.ts';
import type { Exposure } from '../../model/trial.ts';
import { pointStatus } from '../point-status.ts';
import { stressFigures, type StressFigures } from './figures.ts';
import { judged, trialsOf } from './judge-trial.ts';
import { budgetOf, type StressSpec } from './spec.ts';
import type { InconclusiveCause, JudgedTrial, StressSeen, TrialVerdict } from './trial.ts';
import { lostText, percent, rateName, rateText, titleOf, trialsText } from './words.ts';

/** A variant of a probe with everything that is known of it. */
interface Shown {
  readonly verdict: ProbedVariant;
  readonly figures: StressFigures;
  readonly trials: readonly JudgedTrial[];
}

/** A line for each variant: trials, exposure, rate, and how it stands to the control. */
export function showStress(probe: StressSpec, seen: readonly StressSeen[], verdict: ProbeVerdict): Section {
  const shown = verdict.variants.map((each): Shown => ({
    verdict: each,
    figures: stressFigures.parse(each.figures),
    trials: trialsOf(seen, each.variant, probe.race),
  }));
  const { one, describe } = probe.race.words.exposure;
  return {
    id: probe.id,
    title: titleOf(probe),
    blind: verdict.blind === null ? null : `${probe.control} did not crash`,
    rows: shown.map((each) => rowOf(each, probe.control)),
    legend: [`(rate: ${rateName(probe)}, 95 % interval over boots; at most: ${limitName(shown)}, over boots)`],
    notes: [overlapNote(shown, probe)],
    prose: [
      `Rates are ${rateName(probe)} with 95 % intervals over boots, which may differ in their rates; ${one}: ${describe}. "At most" is an upper limit (${limitName(shown)}): a rate below it is not ruled out.`,
    ],
    findings: shown.flatMap(findingsOf),
    plots: plotsOf(probe, shown),
    points: shown.map((each) => pointOf(each, probe)),
  };
}

/** The older and weaker figure: what was overlapped may have been so only before the contender took anything away. */
function overlapNote(shown: readonly Shown[], { race }: StressSpec): string {
  const each = shown.map(({ verdict, figures }) => `${verdict.variant} ${figures.overlapped.toLocaleString('en-US')}`);
  return `(overlapped by a ${race.words.operation} at any time, exposed or not: ${each.join(', ')})`;
}

/** `95 %`, or `99.3 %, 95 % for all variants together`. */
function limitName(shown: readonly Shown[]): string {
  const confidence = shown.flatMap(({ figures }) => figures.atMost?.confidence ?? [])[0];
  if (confidence === undefined) return '95 %';
  return shown.length > 2 ? `${percent(confidence)} % each, for all variants together` : `${percent(confidence)} %`;
}

function rowOf({ verdict, figures }: Shown, control: string): SectionRow {
  const { variant, outcome, reason } = verdict;
  const cells = [
    `${figures.rate.exposure.toLocaleString('en-US')} exposed`,
    rateText(figures),
    lostText(figures, variant, control),
  ];
  return {
    variant,
    outcome,
    cells: [trialsText(verdict, 'wide'), ...cells],
    narrow: [trialsText(verdict, 'narrow'), ...cells],
    // What the columns leave unsaid; reproduced says everything.
    remarks: outcome === 'target' ? [] : [reason],
  };
}

/** Each title of a variant once, with the first trial that shows it. */
function findingsOf({ verdict, trials }: Shown): ShownFinding[] {
  return verdict.signatures.map(({ title, count, target }) => {
    const evidence = trials.find((trial) => shows(trial, title))?.evidence;
    const splat = evidence?.splats.find((candidate) => candidate.title === title) ?? null;
    const threads = evidence?.end.kind === 'stalled' ? evidence.end.threads : [];
    const corruptions = splat === null ? (evidence?.exposure?.corruptions ?? []) : [];
    return {
      ...{ title, target, variant: verdict.variant, count, unit: verdict.unit },
      step: evidence === undefined ? '' : stepName(evidence.step),
      splat,
      lines: [
        ...threads.map(({ name, operation, stalledMs }) => `${name}: in ${operation} for ${seconds(stalledMs)} s`),
        ...corruptions.map(corruptionLine),
      ],
    };
  });
}

function shows({ evidence, verdict }: JudgedTrial, title: string): boolean {
  return titleOfVerdict(verdict) === title || evidence.splats.some((splat) => splat.title === title);
}

function titleOfVerdict(verdict: TrialVerdict): string | null {
  switch (verdict.kind) {
    case 'target':
    case 'other-bug':
      return verdict.title;
    case 'hang':
      return verdict.where;
    case 'ok':
    case 'inconclusive':
      return null;
  }
}

function corruptionLine({ page, line, operation, expected, found }: Exposure['corruptions'][number]): string {
  return `page ${page}, line ${line}, seen in ${operation}: ${expected} was written, ${found} came back`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

/** Nothing is drawn of what never raced. */
function plotsOf(probe: StressSpec, shown: readonly Shown[]): Plot[] {
  const curves = shown.flatMap(({ verdict, trials }) => {
    // Trials without counters never raced as far as anybody knows.
    const events = trials.flatMap(({ evidence: { exposure }, verdict: { kind } }) =>
      exposure === null ? [] : [{ at: exposure.elapsedMs / 1000, event: kind === 'target' }],
    );
    return events.length === 0 ? [] : [{ name: verdict.variant, events }];
  });
  const rates = shown.flatMap(({ verdict: { variant }, figures: { rate } }) =>
    rate.exposure === 0 ? [] : [{ name: variant, value: rate.events / rate.exposure, low: rate.low, high: rate.high }],
  );
  const survival: Plot = {
    kind: 'survival',
    title: 'Time to the first splat',
    caption: `${probe.id}: share of trials without the expected splat, by seconds of the race (Kaplan-Meier; shaded: 95 %, pointwise; ticks: trials that ended otherwise).`,
    curves,
  };
  const exposure: Plot = {
    kind: 'rates',
    title: 'Exposure and rates',
    caption: `${probe.id}: ${rateName(probe)}, 95 % intervals over boots. A bar without a dot is a variant without a crash: its rate is at most where the bar ends.`,
    axis: rateName(probe),
    rates,
  };
  return [...(rates.length === 0 ? [] : [exposure]), ...(curves.length === 0 ? [] : [survival])];
}

function pointOf({ verdict, figures, trials }: Shown, { control, race }: StressSpec): Point {
  const { variant, outcome, reason, signatures } = verdict;
  const exposed = `${figures.rate.exposure} ${race.words.exposure.many} (${figures.overlapped} overlapped)`;
  return {
    id: variant,
    ...pointStatus(verdict),
    details: [
      `${WORD[outcome]}: ${reason}`,
      `${several(trials.length, 'trial')}, ${exposed}, rate ${rateText(figures)}`,
      lostText(figures, variant, control),
      ...signatures.map(
        ({ title, count, target }) =>
          `${target ? 'expected bug' : 'other bug'} in ${several(count, 'trial')}: ${title}`,
      ),
    ],
    splat: trials.flatMap(({ evidence }) => evidence.splats)[0]?.text ?? null,
    steps: trials.map(({ evidence }) => stepName(evidence.step)),
  };
}

/** The rate of crashes; its exposure is also that of whatever else the trials showed. */
export function trendOfStress(probe: StressSpec, _seen: readonly StressSeen[], verdict: ProbeVerdict): TrendFigure[] {
  return verdict.variants.map(({ variant, figures }) => {
    const { events, exposure } = stressFigures.parse(figures).rate;
    return { variant, name: 'rate', value: { kind: 'rate', count: events, exposure, unit: rateName(probe) } };
  });
}

export function outlineOfStress(probe: StressSpec): Outline {
  const { id, workload, threads, pages, vcpus, memoryMiB, backend, variants, control, expect } = probe;
  const budgets = variants.map((variant) => ({ variant, ...budgetOf(probe, variant) }));
  const machine = `${several(vcpus, 'vCPU')}, ${memoryMiB} MiB, swap on ${backendText(backend)}`;
  return {
    lines: [
      `${id}: stress ${workload}, ${several(threads, 'thread')}, ${several(pages, 'page')}; ${machine}`,
      ...budgets.map(({ variant, minTrials, maxTrials, trialSeconds }) => {
        const accept = expect[variant]?.accept.join(' or ') ?? 'nothing';
        const role = variant === control ? ', the control' : '';
        return `${variant}: ${minTrials} to ${maxTrials} trials of ${trialSeconds} s, expected ${accept}${role}`;
      }),
    ],
    least: budgets.reduce((sum, { minTrials }) => sum + minTrials, 0),
    most: budgets.reduce((sum, { maxTrials }) => sum + maxTrials, 0),
  };
}

/** Causes with which the race was not even begun on the kernel that was meant. */
const NEVER_RACED: ReadonlySet<InconclusiveCause> = new Set(['host-fault', 'wrong-kernel', 'boot-failed']);

/** What one trial says by itself. */
export function briefOfStress({ race }: StressSpec, seen: StressSeen): StepBrief {
  const { evidence, verdict } = judged(seen, race);
  const { exposure, splats } = evidence;
  const title = titleOfVerdict(verdict);
  return {
    outcome: verdict.kind,
    words: verdict.kind === 'inconclusive' ? verdict.reason : (title ?? ''),
    void: verdict.kind === 'inconclusive' && NEVER_RACED.has(verdict.cause),
    measured: exposure === null ? null : { value: exposure.exposed, unit: race.words.exposure.many },
    titles: [...new Set([...(title === null ? [] : [title]), ...splats.map((splat) => splat.title)])],
    splat: splats[0]?.text ?? null,
    cells: {
      [race.words.contender]: exposure?.contenders ?? '–',
      overlapped: exposure?.overlapped ?? '–',
      exposed: exposure?.exposed ?? '–',
      [race.words.operation]: exposure?.operations ?? '–',
      seconds: exposure === null ? '–' : seconds(exposure.elapsedMs),
    },
  };
}
