// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { judgeExpectation } from '../../model/expectation.ts';
import { countSteps, FINDINGS, type StepOutcome, type VariantOutcome } from '../../model/outcome.ts';
import type { JudgeContext, ProbedVariant, ProbeVerdict } from '../../model/probe.ts';
import { several } from '../../model/words.ts';
import { verdictOf } from '../place/outcome.ts';
import { findingsOf, NOT_SEARCHED, thatDid, type FindingOf, type Searched } from './finding.ts';
import { givenUp } from './next.ts';
import type { SearchSpec } from './spec.ts';
import { titleOf } from './words.ts';

/**
 * What was found on each variant. A search held at random places only, so that a variant of which nothing was found
 * stays inconclusive, whatever its control shows.
 */
export function judgeSearched(
  probe: SearchSpec,
  seen: readonly Searched[],
  { unavailable }: Pick<JudgeContext, 'unavailable'>,
): ProbeVerdict {
  const variants = probe.variants.map((variant) => {
    const own = seen.filter(({ step }) => step.variant === variant);
    return judgedVariant(probe, variant, own, unavailable[variant]);
  });
  const control = variants.find(({ variant }) => variant === probe.control);
  return {
    probe: probe.id,
    kind: probe.kind,
    blind: control === undefined || control.counts.target > 0 ? null : `its control ${control.variant} shows no bug`,
    variants,
    statuses: probe.variants.flatMap((variant) =>
      statusesOf(
        probe,
        variant,
        seen.filter(({ step }) => step.variant === variant),
      ),
    ),
  };
}

/** What a guest's finding is to the plan. */
export function outcomeOfRounds(
  { found, splats }: Pick<FindingOf<'rounds'>, 'found' | 'splats'>,
  { race }: Pick<SearchSpec, 'race'>,
): StepOutcome {
  const judged = { hold: 'preempt', race } as const;
  switch (found?.kind) {
    case undefined:
      return 'inconclusive';
    case 'splat':
      return verdictOf({ kind: 'oops', signature: found.title, splat: splats.length === 0 ? null : 0 }, splats, judged);
    case 'stalled':
      return verdictOf({ kind: 'hang', where: '', backtraces: {} }, splats, judged);
    case 'corruption':
      return verdictOf({ kind: 'corruption', what: '' }, splats, judged);
  }
}

function judgedVariant(
  probe: SearchSpec,
  variant: string,
  own: readonly Searched[],
  unavailable: string | undefined,
): ProbedVariant {
  const guests = thatDid(own, 'rounds').map(({ finding }) => finding);
  const held = guests.reduce((total, each) => total + each.held, 0);
  const counts = countSteps(guests.map((each) => outcomeOfRounds(each, probe)));
  const outcome = FINDINGS.find((kind) => counts[kind] > 0) ?? 'inconclusive';
  const reason = reasonOf(outcome, own, held, unavailable);
  const bugBesides =
    outcome === 'hang' && counts['other-bug'] > 0 ? `${counts['other-bug']} guests with another bug` : null;
  return {
    ...{ variant, outcome, reason, counts, unit: 'guest', signatures: signaturesOf(probe, own) },
    expectation: judgeExpectation(
      { outcome, reason, trials: counts, exposure: held, bugBesides },
      probe.expect[variant],
    ),
    figures: figuresOf(guests, own),
  };
}

function reasonOf(
  outcome: VariantOutcome,
  own: readonly Searched[],
  held: number,
  unavailable: string | undefined,
): string {
  const [first] = findingsOf(own);
  if (outcome !== 'inconclusive' && first !== undefined) return titleOf(first.finding.found);
  if (unavailable !== undefined) return unavailable;
  if (held > 0) return `nothing found in ${several(held, 'hold')}, which says nothing of where no thread was held`;
  return givenUp(own) ?? 'no thread was held';
}

/** Figures of a variant. */
export interface SearchFigures {
  readonly guests: number;
  readonly rounds: number;
  /** Of these, those that held a thread. */
  readonly held: number;
  /** Runs of the contender, and those that were exposed. */
  readonly contenders: number;
  readonly exposed: number;
  readonly findings: number;
  /** As YAML. */
  readonly schedule: string | null;
  readonly replayed: { readonly met: number; readonly attempts: number } | null;
}

function figuresOf(guests: readonly FindingOf<'rounds'>[], own: readonly Searched[]): SearchFigures {
  const sum = (of: (finding: FindingOf<'rounds'>) => number): number =>
    guests.reduce((total, finding) => total + of(finding), 0);
  const [replayed] = thatDid(own, 'replay');
  return {
    guests: guests.length,
    rounds: sum(({ rounds }) => rounds),
    held: sum((finding) => finding.held),
    contenders: sum(({ contenders }) => contenders.all),
    exposed: sum(({ contenders }) => contenders.exposed),
    findings: findingsOf(own).length,
    schedule: thatDid(own, 'minimise')[0]?.finding.schedule ?? null,
    replayed: replayed === undefined ? null : { met: replayed.finding.met, attempts: replayed.finding.attempts },
  };
}

/** Titles of what was found with the guests that show them, the target's first. */
function signaturesOf(probe: SearchSpec, own: readonly Searched[]): ProbedVariant['signatures'] {
  const counts = new Map<string, { title: string; count: number; target: boolean }>();
  for (const { finding } of findingsOf(own)) {
    const title = titleOf(finding.found);
    const known = counts.get(title);
    const target = outcomeOfRounds(finding, probe) === 'target' || known?.target === true;
    counts.set(title, { title, count: (known?.count ?? 0) + 1, target });
  }
  return [...counts.values()].sort((a, b) => Number(b.target) - Number(a.target) || b.count - a.count);
}

/** A guest that the host lost is made up for by another; a search that was given up is not. */
function statusesOf({ id }: SearchSpec, variant: string, own: readonly Searched[]): ProbeVerdict['statuses'] {
  const why = givenUp(own);
  if (why === null) return [];
  const last = own.at(-1)?.end.kind;
  const status = last === NOT_SEARCHED ? EXIT.usage : last === 'host-fault' ? EXIT.hostFault : EXIT.inconclusive;
  return [{ status, reason: `${id}/${variant}: ${why}` }];
}
