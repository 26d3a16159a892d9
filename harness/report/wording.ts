// SPDX-License-Identifier: GPL-2.0-only
import type { ExitStatus } from '../model/errors.ts';
import type { Rate, VariantVerdict } from '../model/verdict.ts';

export { backendText, several, WORD } from '../model/words.ts';

/** What an exit status says. */
export const MEANING: Readonly<Record<ExitStatus, string>> = {
  0: 'every variant met its expectation',
  1: 'an expectation was missed',
  125: 'could not tell',
  128: 'a fault of the host',
  129: 'wrong usage',
  130: 'interrupted',
};

/** `2.4e-3 (4.1e-4..5.8e-3)`; without an event only the upper bound means anything. */
export function rateText({ events, exposure, low, high }: Rate): string {
  if (exposure === 0) return 'no exposure';
  if (events === 0) return `at most ${small(high)}`;
  return `${small(events / exposure)} (${small(low)}..${small(high)})`;
}

/** How a variant stands to the control. */
export function comparisonText({ comparison, variant }: VariantVerdict, control: string): string {
  if (variant === control) return 'control';
  return comparison === null ? '' : `p ${significantDigits(comparison.p)}`;
}

function small(value: number): string {
  return value.toExponential(1);
}

function significantDigits(p: number): string {
  return p < 0.001 ? p.toExponential(1) : p.toPrecision(2);
}
