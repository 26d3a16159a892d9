// SPDX-License-Identifier: GPL-2.0-only
import type { ProbedVariant } from '../model/probe.ts';
import type { Point } from '../model/section.ts';
import { WORD } from '../model/words.ts';

/** What a variant's expectation makes of its test point. */
export function pointStatus({ expectation }: Pick<ProbedVariant, 'expectation'>): Pick<Point, 'status' | 'message'> {
  switch (expectation.kind) {
    case 'met':
      return { status: 'pass', message: '' };
    case 'known':
      if (expectation.seen.length === 0) return { status: 'pass', message: '' };
      return {
        status: 'known',
        message: `known finding: ${expectation.seen.map((outcome) => WORD[outcome]).join(', ')}`,
      };
    case 'missed':
      return { status: 'fail', message: expectation.message };
    case 'inconclusive':
      return { status: 'error', message: expectation.message };
  }
}
