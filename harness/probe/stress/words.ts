// SPDX-License-Identifier: GPL-2.0-only
import type { ProbedVariant } from '../../model/probe.ts';
import { backendText, several } from '../../model/words.ts';
import type { Rate } from '../../stats/exact.ts';
import type { StressFigures } from './figures.ts';
import type { StressSpec } from './spec.ts';

/** What a probe does, on what machine, against which control. */
export function titleOf(probe: StressSpec): string {
  const { id, race, workload, vcpus, memoryMiB, threads, pages, backend, control } = probe;
  const { operation } = race.words;
  const raced = `${workload} ${operation} against ${contenderName(probe)}, ${several(threads, 'thread')}, ${several(pages, 'page')}`;
  const machine = `${several(vcpus, 'vCPU')}, ${memoryMiB} MiB, swap on ${backendText(backend)}`;
  return `${id}: ${raced}; ${machine}; control ${control}`;
}

/** `swapoff`, of `swapoff()`. */
function contenderName({ race }: StressSpec): string {
  return race.words.contender.replace(/\(\)$/, '');
}

/** `crashes per exposed swapoff`. */
export function rateName({ race }: StressSpec): string {
  return `crashes per ${race.words.exposure.one}`;
}

/** `2.4e-3 (4.1e-4..5.8e-3)`; without an event only the upper bound means anything. */
export function rateText({ events, exposure, low, high }: Rate): string {
  if (exposure === 0) return 'no exposure';
  if (events === 0) return `at most ${small(high)}`;
  return `${small(events / exposure)} (${small(low)}..${small(high)})`;
}

/** How a variant stands to the control. */
export function comparisonText({ comparison }: StressFigures, variant: string, control: string): string {
  if (variant === control) return 'control';
  return comparison === null ? '' : `p ${significantDigits(comparison.p)}`;
}

/** A finding counts the trials that showed it; an absence needs them all. */
export function trialsText({ outcome, counts }: ProbedVariant, form: 'wide' | 'narrow'): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const trials = form === 'wide' ? several(all, 'trial') : String(all);
  return outcome === 'clean' || outcome === 'inconclusive' ? trials : `${counts[outcome]} of ${trials}`;
}

function small(value: number): string {
  return value.toExponential(1);
}

function significantDigits(p: number): string {
  return p < 0.001 ? p.toExponential(1) : p.toPrecision(2);
}
