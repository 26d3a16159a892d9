// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../../model/outcome.ts';
import { several } from '../../model/words.ts';
import { atMost as atMostOf } from '../../stats/at-most.ts';
import type { BootRate } from '../../stats/boot-rate.ts';
import type { ProbedRace } from '../keys.ts';
import { figuresOf, rateOf, type Figures, type StressFigures } from './figures.ts';
import { budgetOf, type StressSpec } from './spec.ts';
import type { JudgedTrial, TrialVerdict } from './trial.ts';
import { percent, small } from './words.ts';

/** What a probe's control showed; everything else of the probe is measured against it. */
export interface Control {
  readonly id: string;
  readonly words: ProbedRace['words']['exposure'];
  readonly rate: BootRate;
  /** Crashes per exposure before the last trial, which cannot ask for more of the others. */
  readonly before: number;
  /** Why no absence under this probe means anything; null when they do. */
  readonly blind: string | null;
}

/** A variant's outcome under one probe, before the plan is asked what it expected. */
export interface OutcomeVerdict extends StressFigures {
  readonly outcome: VariantOutcome;
  readonly reason: string;
}

/**
 * Whole trials that make up for one that was lost in a way that could hide a crash: more than a tenth lost hides a bug.
 */
const MAKE_UP = 10;

/**
 * Sums up the control's trials. `trials` are those of the control under this probe. All of them are pooled, and the
 * last one that closes the probe must have crashed too: a host that was fast enough for the bug may no longer be.
 */
export function controlOf(probe: StressSpec, trials: readonly JudgedTrial[]): Control {
  const rate = rateOf(figuresOf(trials, 'control'));
  const isLast = ({ evidence }: JudgedTrial): boolean => evidence.step.args.part === 'last';
  // One that the host took shows nothing, and so leaves the end without a crash.
  const closing = trials.filter(isLast);
  const before = rateOf(
    figuresOf(
      trials.filter((trial) => !isLast(trial)),
      'control',
    ),
  );
  const silent = closing.length > 0 && closing.every(({ verdict }) => verdict.kind !== 'target');
  return {
    id: probe.control,
    words: probe.race.words.exposure,
    rate,
    before: before.exposure === 0 ? 0 : before.events / before.exposure,
    blind: rate.events === 0 ? 'did not crash' : silent ? 'no longer crashed at the end' : null,
  };
}

/** Whether a trial was lost to the host, and says nothing of any kernel. */
export function isVoid(verdict: TrialVerdict): boolean {
  return verdict.kind === 'inconclusive' && verdict.cause === 'host-fault';
}

/**
 * The outcome of `variant` over its trials: target, else hang, else other-bug, else not reproduced where the limit of
 * its rate is low enough, else inconclusive. The control itself is never the latter two but where it is blind.
 */
export function outcomeOf(
  probe: StressSpec,
  variant: string,
  trials: readonly JudgedTrial[],
  control: Control,
  alpha: number,
): OutcomeVerdict {
  const isControl = variant === control.id;
  const figures = figuresOf(trials, isControl ? 'control' : 'variant');
  const rate = rateOf(figures);
  const overlapped = figures.boots.reduce((sum, boot) => sum + boot.overlapped, 0);
  const common = { rate, overlapped, suspect: figures.suspect };
  const found = worst(trials);
  if (found !== null) return { ...common, atMost: null, ...found };
  if (isControl) return { ...common, atMost: null, ...silentControl(rate, control) };
  const atMost = control.blind === null && rate.exposure > 0 ? limitOf(probe, figures, control, alpha) : null;
  return { ...common, atMost, ...judgeAbsence(probe, variant, trials, common, control, atMost) };
}

type Sentence = Pick<OutcomeVerdict, 'outcome' | 'reason'>;
type Limit = NonNullable<StressFigures['atMost']>;

/** Of all variants that are compared with the control, one in `alpha` probes at most has a limit that is too low. */
function limitOf({ variants, atMost }: StressSpec, { boots }: Figures, control: Control, alpha: number): Limit {
  const confidence = 1 - alpha / Math.max(1, variants.length - 1);
  const exposures = boots.map(({ exposure }) => exposure);
  return {
    rate: Math.min(1, atMostOf(exposures, { confidence })),
    confidence,
    wanted: atMost ?? control.before,
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

function silentControl({ exposure }: BootRate, control: Control): Sentence {
  const reason = `the control did not crash in ${exposed(exposure, control)}: the probe is blind`;
  return { outcome: 'inconclusive', reason };
}

function judgeAbsence(
  probe: StressSpec,
  variant: string,
  trials: readonly JudgedTrial[],
  { rate, suspect }: Pick<StressFigures, 'rate' | 'suspect'>,
  control: Control,
  limit: Limit | null,
): Sentence {
  const inconclusive = (reason: string): Sentence => ({ outcome: 'inconclusive', reason });
  const nothing = nothingRaced(trials, rate.exposure);
  if (nothing !== null) return inconclusive(nothing);
  if (limit === null) return inconclusive(`blind: the control ${control.id} ${control.blind}`);
  const seen = `no crash in ${exposed(rate.exposure, control)} of ${several(rate.boots, 'boot')}`;
  const whole = trials.filter(({ verdict }) => verdict.kind === 'ok').length;
  const { minTrials } = budgetOf(probe, variant);
  if (suspect > 0 && whole < MAKE_UP * suspect) {
    const lost = `${suspect} of ${several(trials.length, 'trial')} lost in a way that may hide a crash`;
    return inconclusive(`${seen}; ${lost}: ${MAKE_UP} whole ones make up for each`);
  }
  if (whole < minTrials) return inconclusive(`${seen}; ${whole} whole trials of at least ${minTrials}`);
  const bound = `at most ${small(limit.rate)} per ${control.words.one} (${percent(limit.confidence)} %)`;
  const against =
    probe.atMost === null ? `${control.id} crashes at ${small(limit.wanted)}` : `wanted ${small(limit.wanted)}`;
  if (limit.rate > limit.wanted) return inconclusive(`${seen}: ${bound}, ${against}`);
  return { outcome: 'not-reproduced', reason: `${seen}: ${bound}` };
}

function nothingRaced(trials: readonly JudgedTrial[], exposure: number): string | null {
  if (trials.length === 0) return 'no trial was run';
  if (exposure > 0) return null;
  const reasons = verdictsOf(trials, 'inconclusive').map((verdict) => verdict.reason);
  return reasons.length === 0 ? 'nothing was exposed' : commonest(reasons);
}

function verdictsOf<K extends TrialVerdict['kind']>(
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

/** `1,200 exposed writes`. */
function exposed(exposure: number, { words }: Control): string {
  return `${count(exposure)} ${exposure === 1 ? words.one : words.many}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
