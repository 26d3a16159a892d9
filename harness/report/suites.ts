// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../model/errors.ts';
import type { Point } from '../model/section.ts';
import type { ShownRun } from '../model/shown.ts';
import { excerpt, oneLine } from './plain.ts';
import { MEANING } from './wording.ts';

export type { Point };

/**
 * What a run says as a list of test points, for every format that has such: a suite for each probe, and one for the run
 * as a whole. A consumer that takes `pass` and `known` as good and the rest as bad reaches the verdict of the exit
 * status: good is 0 and nothing else.
 */
export interface Suite {
  readonly id: string;
  readonly points: readonly Point[];
}

/** What one splat may take in a report for machines. */
const SPLAT_LIMIT = { line: 1000, total: 16_000 };

/** The id of the suite that is about the run itself. */
export const RUN_SUITE = 'run';

export function suitesOf(run: ShownRun): Suite[] {
  return [
    ...run.probes.map(({ section }) => ({ id: section.id, points: section.points.map(plainPoint) })),
    { id: RUN_SUITE, points: [runPoint(run)] },
  ];
}

/** Whatever a guest printed is text of a known kind in it, and limited in length. */
function plainPoint(point: Point): Point {
  const { message, details, splat } = point;
  return {
    ...point,
    message: oneLine(message),
    details: details.map(oneLine).filter((line) => line !== ''),
    splat: splat === null ? null : excerpt(splat, SPLAT_LIMIT),
  };
}

function runPoint({ header, verdict }: ShownRun): Point {
  const status = verdict.status === EXIT.met ? 'pass' : verdict.status === EXIT.missed ? 'fail' : 'error';
  return {
    id: 'exit-status',
    status,
    message: status === 'pass' ? '' : `${verdict.status}: ${MEANING[verdict.status]}`,
    details: [`run ${header.id}, plan ${header.plan.name}`, ...verdict.reasons].map(oneLine),
    splat: null,
    steps: [],
  };
}
