// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { countOutcomes, type OutcomeCounts, type VariantOutcome } from '../../model/outcome.ts';
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
const WORST_FIRST = ['target', 'hang', 'other-bug', 'inconclusive', 'clean'] as const satisfies VariantOutcome[];
const FOUND = ['target', 'hang', 'other-bug'] as const;

/** What the maps of a probe say; a variant without one is inconclusive. */
export function judgePlaced(
  probe: PlaceSpec,
  seen: readonly Placed[],
  context: Pick<JudgeContext, 'unavailable'>,
): ProbeVerdict {
  const shown = probe.variants.map((variant) => {
    const own = seen.filter(({ step }) => step.variant === variant);
    return { variant, ...shownWithPower(probe, variant, own, context.unavailable[variant]) };
  });
  const control = shown.find(({ variant }) => variant === probe.control);
  const blind = probe.control !== null && (control?.counts.target ?? 0) === 0;
  return {
    probe: probe.id,
    kind: probe.kind,
    blind: blind ? `the map of its control ${probe.control} does not show the bug` : null,
    variants: shown.map((each) => probed(probe, each, blind)),
    statuses: seen.flatMap(({ step, end }) =>
      end.kind === 'host-fault'
        ? [{ status: EXIT.hostFault, reason: `${probe.id}/${step.variant}: ${end.message}` }]
        : [],
    ),
  };
}

interface Shown {
  readonly outcome: VariantOutcome;
  readonly reason: string;
  /** Instants at which the thread was held, by the worst of what their attempts say. */
  readonly counts: OutcomeCounts;
  readonly signatures: ProbedVariant['signatures'];
  readonly map: RaceMap | null;
}

function probed(probe: PlaceSpec, shown: Shown & { readonly variant: string }, blind: boolean): ProbedVariant {
  const { variant, counts, signatures, map } = shown;
  const { outcome, reason } =
    shown.outcome !== 'clean' || (!blind && probe.control !== null) ? shown : unsupported(probe, shown);
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
    // A thread that is held is slower than any that races by itself.
    grounds: false,
    figures: map === null ? null : figuresOf(map),
  };
}

function figuresOf({ exploredPoints, pathPoints, pathEnd, asked, deferred, unheld, attempts, guests }: RaceMap) {
  return { exploredPoints, pathPoints, pathEnd, asked, deferred, unheld, attempts, guests };
}

/** An absence without a control that shows the bug. */
function unsupported(
  { control }: PlaceSpec,
  { reason, variant }: Shown & { readonly variant: string },
): Pick<Shown, 'outcome' | 'reason'> {
  const why =
    control === null
      ? 'no control: an absence says nothing'
      : variant === control
        ? 'the control shows nothing: the probe is blind'
        : `blind: the control ${control} shows nothing`;
  return { outcome: 'inconclusive', reason: `${reason}; ${why}` };
}

/** The same, where the probe makes mutants: an absence needs the power to notice what it is about. */
function shownWithPower(probe: PlaceSpec, variant: string, own: readonly Placed[], unavailable?: string): Shown {
  const { main, stalled } = partsOf(own);
  const shown = shownBy(probe, variant, main, unavailable);
  if (!probe.mutants || variant === probe.control || shown.outcome !== 'clean') return shown;
  const unpowered = (why: string): Shown => ({
    ...shown,
    outcome: 'inconclusive',
    reason: `no finding (no power shown): ${shown.reason}; ${why}`,
  });
  if (stalled === null) return unpowered('its map under a stall was not made');
  const underStall = shownBy(probe, variant, [stalled]);
  if (isFound(underStall.outcome)) return { ...underStall, reason: `under a stall: ${underStall.reason}` };
  if (underStall.outcome !== 'clean') return unpowered(`under a stall: ${underStall.reason}`);
  const power = powerOf(own);
  const why = powerless(power, probe.race.words.contender);
  return why === null ? { ...shown, reason: `${shown.reason}; ${powerText(power)}` } : unpowered(why);
}

function isFound(outcome: VariantOutcome): boolean {
  return FOUND.some((each) => each === outcome);
}

/**
 * What the steps of a variant show, whatever its control does. Worst first; an instant of which nothing is known keeps
 * a variant from being clean.
 */
export function shownBy(probe: PlaceSpec, variant: string, seen: readonly Placed[], unavailable?: string): Shown {
  const findings = seen.map(({ finding }) => finding);
  const map = mapOf(probe, variant, findings);
  const failed = seen.find(({ end }) => end.kind !== 'completed')?.end.message ?? null;
  const instants = judgedInstants(probe, findings);
  const counts = countOutcomes(instants.map(({ outcome }) => outcome));
  const shown = (outcome: VariantOutcome, reason: string): Shown => ({
    ...{ outcome, reason, counts, map },
    signatures: signaturesOf(instants),
  });
  const words = (outcome: VariantOutcome): string =>
    wordsOf(
      probe,
      instants.find((each) => each.outcome === outcome),
    );
  const stray = findings
    .flatMap(({ strays }) => strays)
    .find((splat) => classify(splat, probe.race.target) === 'target');
  if (map === null) return shown('inconclusive', unavailable ?? failed ?? 'it was not explored');
  const explored = `${map.exploredPoints} of ${map.pathPoints} points`;
  const found = FOUND.find((kind) => counts[kind] > 0);
  if (found !== undefined) return shown(found, `${explored}, ${counts[found]} of them ${words(found)}`);
  if (stray !== undefined)
    return shown('inconclusive', `${explored}, and at none of them, on a console: ${stray.title}`);
  if (failed !== null) return shown('inconclusive', `${explored}, then: ${failed}`);
  if (map.exploredPoints === 0) return shown('inconclusive', 'no point was explored');
  if (counts.inconclusive > 0)
    return shown('inconclusive', `${explored}, ${counts.inconclusive} of them ${words('inconclusive')}`);
  return shown('clean', `${explored}, 0 oops, 0 hangs, no corruption`);
}

interface JudgedInstant {
  readonly instant: Instant;
  readonly outcome: VariantOutcome;
  /** What each of its attempts says. */
  readonly attempts: readonly { readonly outcome: FoundOutcome; readonly is: VariantOutcome }[];
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
