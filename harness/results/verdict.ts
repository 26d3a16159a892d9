// SPDX-License-Identifier: GPL-2.0-only
import { EXIT, exitStatusOf, worstStatus, type ExitStatus } from '../model/errors.ts';
import { OUTCOMES } from '../model/outcome.ts';
import type { ProbeVerdict, ProbeSpec, RunVerdict, Seen, VariantVerdict } from '../model/probe.ts';
import type { RunHeader, Trouble } from '../model/run.ts';
import { kindOf, type KindTable } from './kinds.ts';

/** One thing that holds of a run: the status it asks for and why. */
interface Finding {
  readonly status: ExitStatus;
  readonly reason: string;
}

/** Those of `seen` that a probe's steps are. */
export function seenOf<S extends Seen>(probe: ProbeSpec, seen: readonly S[]): S[] {
  return seen.filter(({ step }) => step.probe === probe.id);
}

/** Variants of a run whose kernels could not be built, with what is said of them. */
export function unavailable({ plan, kernels }: Pick<RunHeader, 'plan' | 'kernels'>): Record<string, string> {
  const missing = plan.variants.map(({ id }) => id).filter((id) => !(id in kernels));
  return Object.fromEntries(missing.map((id) => [id, 'its kernel could not be built']));
}

/** What a run says as a whole, for any order of the steps of different probes. */
export function judgeRun(header: RunHeader, seen: readonly Seen[], kinds: KindTable): RunVerdict {
  const context = { alpha: header.plan.alpha, unavailable: unavailable(header) };
  const probes = header.plan.probes.map((probe) =>
    kindOf(kinds, probe.kind).judge(probe, seenOf(probe, seen), context),
  );
  const findings = [
    ...header.troubles.map(troubleFinding),
    ...probes.flatMap(blindFinding),
    ...probes.flatMap(expectationFindings),
    ...probes.flatMap(({ statuses }) => statuses),
  ];
  return {
    status: worstStatus(findings.map(({ status }) => status)),
    reasons: findings.map(({ reason }) => reason),
    variants: header.plan.variants.flatMap(({ id }) => variantVerdict(id, probes)),
    probes,
  };
}

/** The first of `OUTCOMES` that a probe says of it. */
function variantVerdict(variant: string, probes: readonly ProbeVerdict[]): VariantVerdict[] {
  const said = probes.flatMap(({ probe, variants }) =>
    variants.flatMap((each) => (each.variant === variant ? [{ probe, outcome: each.outcome }] : [])),
  );
  const outcome = OUTCOMES.find((each) => said.some((one) => one.outcome === each));
  return outcome === undefined ? [] : [{ variant, outcome, probes: said }];
}

function troubleFinding({ fault, variant, message }: Trouble): Finding {
  return { status: exitStatusOf(fault), reason: variant === null ? message : `${variant}: ${message}` };
}

function blindFinding({ probe, blind }: ProbeVerdict): Finding[] {
  return blind === null ? [] : [{ status: EXIT.inconclusive, reason: `${probe}: blind, ${blind}` }];
}

function expectationFindings({ probe, variants }: ProbeVerdict): Finding[] {
  return variants.flatMap(({ variant, expectation }): Finding[] => {
    switch (expectation.kind) {
      case 'met':
      case 'known':
        return [];
      case 'missed':
        return [{ status: EXIT.missed, reason: `${probe}/${variant}: ${expectation.message}` }];
      case 'inconclusive':
        return [{ status: EXIT.inconclusive, reason: `${probe}/${variant}: ${expectation.message}` }];
    }
  });
}
