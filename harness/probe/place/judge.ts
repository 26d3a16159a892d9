// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import {
  countSteps,
  FINDINGS,
  isFinding,
  type StepCounts,
  type StepOutcome,
  type VariantOutcome,
} from '../../model/outcome.ts';
import type { JudgeContext, ProbedVariant, ProbeVerdict, Seen } from '../../model/probe.ts';
import { judgeExpectation } from '../../model/expectation.ts';
import { classify } from '../../model/signature.ts';
import type { FoundOutcome, Instant, PlaceFinding } from './finding.ts';
import { joined, mapOf, type RaceMap } from './map.ts';
import { distinctOutcomes, frozenWait, verdictOf } from './outcome.ts';
import { partsOf, powerless, powerOf, powerText } from './power.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';

type Placed = Seen<PlaceArgs, PlaceFinding>;

/** Of what an instant's attempts say the first that one of them says: an absence needs all of them. */
const WORST_FIRST = [...FINDINGS, 'inconclusive', 'ok'] as const;

/** What the maps of a probe say; a variant without one is inconclusive. */
export function judgePlaced(
  probe: PlaceSpec,
  seen: readonly Placed[],
  context: Pick<JudgeContext, 'unavailable'>,
): ProbeVerdict {
  const of = (variant: string): readonly Placed[] => seen.filter(({ step }) => step.variant === variant);
  const { control } = probe;
  const blind = control !== null && shownBy(probe, control, partsOf(of(control)).main).counts.target === 0;
  const unsupported =
    control === null
      ? 'no control: an absence says nothing'
      : blind
        ? `blind: the control ${control} shows nothing`
        : null;
  return {
    probe: probe.id,
    kind: probe.kind,
    blind: blind ? `the map of its control ${control} does not show the bug` : null,
    variants: probe.variants.map((variant) =>
      probed(probe, judgedVariant(probe, variant, of, unsupported, context.unavailable[variant])),
    ),
    statuses: seen.flatMap(({ step, end }) =>
      end.kind === 'host-fault'
        ? [{ status: EXIT.hostFault, reason: `${probe.id}/${step.variant}: ${end.message}` }]
        : [],
    ),
  };
}

interface Shown {
  readonly outcome: StepOutcome;
  readonly reason: string;
  /** Instants at which the thread was held, by the worst of what their attempts say. */
  readonly counts: StepCounts;
  readonly signatures: ProbedVariant['signatures'];
  readonly map: RaceMap | null;
}

interface JudgedVariant extends Omit<Shown, 'outcome'> {
  readonly variant: string;
  readonly outcome: VariantOutcome;
}

function probed(probe: PlaceSpec, judged: JudgedVariant): ProbedVariant {
  const { variant, outcome, reason, counts, signatures, map } = judged;
  const exposure = map?.exploredPoints ?? 0;
  const bugBesides =
    outcome === 'hang' && counts['other-bug'] > 0 ? `${counts['other-bug']} points with another bug` : null;
  return {
    variant,
    outcome,
    reason,
    counts,
    unit: 'point',
    signatures,
    expectation: judgeExpectation({ outcome, reason, trials: counts, exposure, bugBesides }, probe.expect[variant]),
    figures: map === null ? null : figuresOf(map),
  };
}

function figuresOf({ exploredPoints, pathPoints, pathEnd, asked, deferred, unheld, attempts, guests }: RaceMap) {
  return { exploredPoints, pathPoints, pathEnd, asked, deferred, unheld, attempts, guests };
}

/** What a variant shows; an absence is closed only with the power to notice what it is about. */
function judgedVariant(
  probe: PlaceSpec,
  variant: string,
  of: (variant: string) => readonly Placed[],
  unsupported: string | null,
  unavailable: string | undefined,
): JudgedVariant {
  const { main, stalled } = partsOf(of(variant));
  const shown = shownBy(probe, variant, main, unavailable);
  const { outcome, reason } = shown;
  const inconclusive = (why: string): JudgedVariant => ({ ...shown, variant, outcome: 'inconclusive', reason: why });
  if (outcome !== 'ok') return { ...shown, variant, outcome };
  if (variant === probe.control) return inconclusive(`${reason}; the control shows nothing: the probe is blind`);
  const underStall = stalled === null ? null : shownBy(probe, variant, [stalled]);
  if (underStall !== null && isFinding(underStall.outcome))
    return { ...underStall, variant, outcome: underStall.outcome, reason: `under a stall: ${underStall.reason}` };
  if (unsupported !== null) return inconclusive(`${reason}; ${unsupported}`);
  const power = probe.mutants === true ? powerOfWaits(probe, of(variant), underStall) : powerOfVariants(probe, of);
  if (power.shown) return { ...shown, variant, outcome: 'closed', reason: `${reason}; ${power.how}` };
  return inconclusive(`no finding (no power shown): ${reason}; ${power.how}`);
}

interface ShownPower {
  readonly shown: boolean;
  /** What was noticed, or what is missing. */
  readonly how: string;
}

function powerOfWaits(probe: PlaceSpec, own: readonly Placed[], underStall: Shown | null): ShownPower {
  if (underStall === null) return { shown: false, how: 'its map under a stall was not made' };
  if (underStall.outcome !== 'ok') return { shown: false, how: `under a stall: ${underStall.reason}` };
  const power = powerOf(own);
  const why = powerless(power, probe.race.words.contender);
  return why === null ? { shown: true, how: powerText(power) } : { shown: false, how: why };
}

/** Of variants that lack a part of the fix. */
function powerOfVariants(probe: PlaceSpec, of: (variant: string) => readonly Placed[]): ShownPower {
  const mutants = typeof probe.mutants === 'boolean' ? [] : probe.mutants;
  if (mutants.length === 0) return { shown: false, how: 'no mutant was made, to see whether it is noticed (mutants)' };
  const judged = mutants.map((mutant) => {
    const { counts } = shownBy(probe, mutant, partsOf(of(mutant)).main);
    return { mutant, noticed: FINDINGS.reduce((sum, kind) => sum + counts[kind], 0) };
  });
  const silent = judged.find(({ noticed }) => noticed === 0);
  if (silent !== undefined) return { shown: false, how: `the mutant ${silent.mutant} was not noticed` };
  return { shown: true, how: judged.map(({ mutant, noticed }) => `${mutant} noticed at ${noticed} points`).join(', ') };
}

/**
 * What steps show, whatever the control does. Worst first; an instant of which nothing is known keeps
 * them from being ok.
 */
export function shownBy(probe: PlaceSpec, variant: string, seen: readonly Placed[], unavailable?: string): Shown {
  const findings = seen.map(({ finding }) => finding);
  const map = mapOf(probe, variant, findings);
  const failed = seen.find(({ end }) => end.kind !== 'completed')?.end.message ?? null;
  const instants = judgedInstants(probe, findings);
  const counts = countSteps(instants.map(({ outcome }) => outcome));
  const shown = (outcome: StepOutcome, reason: string): Shown => ({
    ...{ outcome, reason, counts, map },
    signatures: signaturesOf(instants),
  });
  const words = (outcome: StepOutcome): string =>
    wordsOf(
      probe,
      instants.find((each) => each.outcome === outcome),
    );
  const stray = findings
    .flatMap(({ strays }) => strays)
    .find((splat) => classify(splat, probe.race.target) === 'target');
  if (map === null) return shown('inconclusive', unavailable ?? failed ?? 'it was not explored');
  const explored = `${map.exploredPoints} of ${map.pathPoints} points`;
  const found = FINDINGS.find((kind) => counts[kind] > 0);
  if (found !== undefined) return shown(found, `${explored}, ${counts[found]} of them ${words(found)}`);
  if (stray !== undefined)
    return shown('inconclusive', `${explored}, and at none of them, on a console: ${stray.title}`);
  if (failed !== null) return shown('inconclusive', `${explored}, then: ${failed}`);
  if (map.exploredPoints === 0) return shown('inconclusive', 'no point was explored');
  if (counts.inconclusive > 0)
    return shown('inconclusive', `${explored}, ${counts.inconclusive} of them ${words('inconclusive')}`);
  return shown('ok', `${explored}, 0 oops, 0 hangs, no corruption`);
}

interface JudgedInstant {
  readonly instant: Instant;
  readonly outcome: StepOutcome;
  /** What each of its attempts says. */
  readonly attempts: readonly { readonly outcome: FoundOutcome; readonly is: StepOutcome }[];
}

function judgedInstants(probe: PlaceSpec, findings: readonly PlaceFinding[]): JudgedInstant[] {
  const { instants, splats } = joined(findings);
  return instants.map((instant) => {
    const attempts = instant.outcomes.map(({ outcome }) => ({ outcome, is: verdictOf(outcome, splats, probe) }));
    const outcome = WORST_FIRST.find((kind) => attempts.some(({ is }) => is === kind)) ?? 'inconclusive';
    return { instant, outcome, attempts };
  });
}

/** What became of the instants of an outcome, with the first of them as the map has it. */
function wordsOf(probe: PlaceSpec, judged: JudgedInstant | undefined): string {
  const { contender } = probe.race.words;
  const because = judged?.attempts.filter(({ is }) => is === judged.outcome).map(({ outcome }) => outcome) ?? [];
  const [first] = distinctOutcomes(because);
  switch (first?.kind) {
    case 'oops':
      return `crashed, the first with ${first.signature}`;
    case 'hang':
      return `hung, the first in ${first.where}`;
    case 'corruption':
      return `corrupted data, the first: ${first.what}`;
    case 'inconclusive':
      return `inconclusive, the first: ${first.reason}`;
    case 'waited':
      return `inconclusive, the first: ${contender} waited in ${first.where}, and ${frozenWait(probe.race.words)}`;
    default:
      return judged?.outcome ?? '';
  }
}

/** Titles of what was found with the instants that show them, the target's first. */
export function titleOf(outcome: FoundOutcome): string | null {
  switch (outcome.kind) {
    case 'oops':
      return outcome.signature;
    case 'hang':
      return `hang in ${outcome.where}`;
    case 'corruption':
      return outcome.what;
    default:
      return null;
  }
}

function signaturesOf(judged: readonly JudgedInstant[]): ProbedVariant['signatures'] {
  const counts = new Map<string, { title: string; count: number; target: boolean }>();
  for (const { attempts } of judged) {
    const titles = new Map<string, boolean>();
    for (const { outcome, is } of attempts) {
      const title = titleOf(outcome);
      if (title !== null) titles.set(title, titles.get(title) === true || is === 'target');
    }
    for (const [title, target] of titles) {
      const known = counts.get(title);
      counts.set(title, { title, count: (known?.count ?? 0) + 1, target: target || known?.target === true });
    }
  }
  return [...counts.values()].sort((a, b) => Number(b.target) - Number(a.target) || b.count - a.count);
}
