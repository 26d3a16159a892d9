// SPDX-License-Identifier: GPL-2.0-only
import type { Contradiction, RawFiles } from '../../model/probe.ts';
import { ofEnd, ofSession, ofWorkload } from '../contradictions.ts';
import { CONSOLE, WORKLOAD } from './files.ts';
import type { StressSpec } from './spec.ts';
import type { StressSeen } from './trial.ts';

/** What of a trial cannot be. */
export async function stressContradictions(
  probe: StressSpec,
  { step, end, finding }: StressSeen,
  files: RawFiles,
): Promise<Contradiction[]> {
  const tookMs = Date.parse(end.endedAt) - Date.parse(end.startedAt);
  const short = end.kind === 'completed' && tookMs < step.args.seconds * 1000;
  return [
    ...ofEnd(step, end),
    ...(short ? [{ file: null, what: `a race of ${step.args.seconds} s completed within ${tookMs / 1000} s` }] : []),
    ...(await ofSession(end, finding.splats, probe.race, files, { console: CONSOLE, program: WORKLOAD })),
    ...(await ofWorkload(step, probe, end, files, WORKLOAD)),
  ];
}
