// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../../model/outcome.ts';
import { several } from '../../model/words.ts';
import { exposureNeeded, fisherLower, rateOf, type Rate } from '../../stats/exact.ts';
import { figuresOf, type Comparison, type Figures } from './figures.ts';
import type { ProbedRace } from '../keys.ts';
import type { StressSpec } from './spec.ts';
import type { JudgedTrial, TrialVerdict } from './trial.ts';

/** What a probe's control showed; everything else of the probe is measured against it. */
export interface Control {
  readonly id: string;
  readonly words: ProbedRace['words']['exposure'];
  readonly rate: Rate;
  /** True when it did not crash: no absence under this probe means anything. */
  readonly blind: boolean;
}

/** A variant's outcome under one probe, before the plan is asked what it expected. */
export interface OutcomeVerdict {
  readonly outcome: VariantOutcome;
  readonly reason: string;
  readonly rate: Rate;
  readonly comparison: Comparison | null;
}

/** Sums up the control's trials. `trials` are those of the control under this probe. */
export function controlOf(probe: StressSpec, trials: readonly JudgedTrial[]): Control {
  const figures = figuresOf(trials, 'control');
  return { id: probe.control, words: probe.race.words.exposure, rate: rateOf(figures), blind: figures.events === 0 };
}

/**
 * The outcome of `variant` over its trials: target, else hang, else other-bug, else clean where the comparison with
 * the control is significant, else inconclusive. The control itself is compared with nothing and never clean.
 */
export function outcomeOf(
  variant: string,
  trials: readonly JudgedTrial[],
  control: Control,
  alpha: number,
): OutcomeVerdict {
  const isControl = variant === control.id;
  const figures = figuresOf(trials, isControl ? 'control' : 'variant');
  const comparison = isControl || control.blind ? null : compare(figures, control, alpha);
  const found = worst(trials);
  const absence =
    found ?? (isControl ? silentControl(figures, control) : judgeAbsence(trials, figures, control, comparison));
  return { ...absence, rate: rateOf(figures), comparison };
}

type Sentence = Pick<OutcomeVerdict, 'outcome' | 'reason'>;

function compare(figures: Figures, control: Control, alpha: number): Comparison {
  // A suspect stands for one more exposed run that crashed.
  const events = figures.events + figures.suspect;
  const p = fisherLower({ events, exposure: figures.exposure + figures.suspect }, control.rate);
  const needed = exposureNeeded(events, control.rate, alpha);
  return {
    control: control.id,
    controlRate: control.rate,
    suspect: figures.suspect,
    p,
    needed: needed === null ? null : needed - figures.suspect,
    alpha,
    significant: p < alpha,
  };
}

/** What at least one trial showed; null when none showed anything. */
function worst(trials: readonly JudgedTrial[]): Sentence | null {
  const share = (count: number) => `${count} of ${several(trials.length, 'trial')}`;
  const targets = verdictsOf(trials, 'target');
  if (targets.length > 0) return { outcome: 'target', reason: `${share(targets.length)} crashed in the expected way` };
  const hangs = verdictsOf(trials, 'hang');
  if (hangs.length > 0)
    return { outcome: 'hang', reason: `${share(hangs.length)} hung: ${commonest(hangs.map((hang) => hang.where))}` };
  const others = verdictsOf(trials, 'other-bug');
  if (others.length === 0) return null;
  return { outcome: 'other-bug', reason: `${share(others.length)}: ${commonest(others.map((other) => other.title))}` };
}

function silentControl(figures: Figures, control: Control): Sentence {
  const reason = `the control did not crash in ${exposed(figures.exposure, control)}: the probe is blind`;
  return { outcome: 'inconclusive', reason };
}

function judgeAbsence(
  trials: readonly JudgedTrial[],
  figures: Figures,
  control: Control,
  comparison: Comparison | null,
): Sentence {
  const nothing = nothingRaced(trials, figures);
  if (nothing !== null) return { outcome: 'inconclusive', reason: nothing };
  if (comparison === null) {
    return {
      outcome: 'inconclusive',
      reason: `blind: the control ${control.id} did not crash in ${exposed(control.rate.exposure, control)}`,
    };
  }
  const seen = `no crash in ${exposed(figures.exposure, control)}${lost(figures.suspect)}`;
  const p = `p = ${comparison.p.toPrecision(2)}`;
  if (comparison.significant)
    return { outcome: 'clean', reason: `${seen}; at the rate of ${control.id} that has ${p}` };
  return { outcome: 'inconclusive', reason: `${seen} gives only ${p}; ${needs(comparison)}` };
}

function needs({ needed, alpha }: Comparison): string {
  return needed === null ? `no exposure would give p < ${alpha}` : `p < ${alpha} needs ${count(needed)}`;
}

function lost(suspect: number): string {
  if (suspect === 0) return '';
  return suspect === 1 ? ', 1 lost trial counted as a crash' : `, ${suspect} lost trials counted as crashes`;
}

function nothingRaced(trials: readonly JudgedTrial[], figures: Figures): string | null {
  if (trials.length === 0) return 'no trial was run';
  if (figures.exposure > 0) return null;
  const reasons = verdictsOf(trials, 'inconclusive').map((verdict) => verdict.reason);
  return reasons.length === 0 ? 'nothing was exposed' : commonest(reasons);
}

function verdictsOf<K extends VariantOutcome>(
  trials: readonly JudgedTrial[],
  kind: K,
): Extract<TrialVerdict, { kind: K }>[] {
  return trials
    .map((trial) => trial.verdict)
    .filter((verdict): verdict is Extract<TrialVerdict, { kind: K }> => verdict.kind === kind);
}

/** The text that occurs most; of equals, the first. `texts` is not empty. */
function commonest(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** `1,200 exposed swapoffs`. */
function exposed(exposure: number, { words }: Control): string {
  return `${count(exposure)} ${exposure === 1 ? words.one : words.many}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
