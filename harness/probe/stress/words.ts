// SPDX-License-Identifier: GPL-2.0-only
import type { ProbedVariant } from '../../model/probe.ts';
import { backendText, several } from '../../model/words.ts';
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

/** `write`, of `write()`. */
function contenderName({ race }: StressSpec): string {
  return race.words.contender.replace(/\(\)$/, '');
}

/** `crashes per exposed write`. */
export function rateName({ race }: StressSpec): string {
  return `crashes per ${race.words.exposure.one}`;
}

/** `2.4e-3 (4.1e-4..5.8e-3)`; without an event only an upper limit means anything. */
export function rateText({ rate: { events, exposure, low, high }, atMost }: StressFigures): string {
  if (exposure === 0) return 'no exposure';
  const limit = atMost?.rate ?? high;
  if (events === 0) return limit < 1 ? `at most ${small(limit)}` : 'no limit';
  return `${small(events / exposure)} (${small(low)}..${small(high)})`;
}

/** What the rate leaves unsaid of a variant: that it is the control, that trials were lost. */
export function lostText({ suspect }: StressFigures, variant: string, control: string): string {
  if (variant === control) return 'control';
  return suspect === 0 ? '' : `${suspect} lost`;
}

/** A finding counts the trials that showed it; an absence needs them all. */
export function trialsText({ outcome, counts }: ProbedVariant, form: 'wide' | 'narrow'): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const trials = form === 'wide' ? several(all, 'trial') : String(all);
  const isFinding = outcome === 'target' || outcome === 'hang' || outcome === 'other-bug';
  return isFinding ? `${counts[outcome]} of ${trials}` : trials;
}

export function small(value: number): string {
  return value.toExponential(1);
}

/** `95`, `99.3`. */
export function percent(confidence: number): string {
  return String(Number((confidence * 100).toFixed(1)));
}
