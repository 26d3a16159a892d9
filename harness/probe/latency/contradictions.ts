// SPDX-License-Identifier: GPL-2.0-only
import type { Contradiction, RawFiles, Seen } from '../../model/probe.ts';
import { ofEnd, ofSession } from '../contradictions.ts';
import { detailOf } from './derive.ts';
import { CONSOLE, PROGRAM_LOG } from './files.ts';
import type { LatencyFinding } from './finding.ts';
import type { LatencyArgs, LatencySpec } from './spec.ts';

/** What of a boot cannot be. */
export async function latencyContradictions(
  { race }: LatencySpec,
  { step, end, finding }: Seen<LatencyArgs, LatencyFinding>,
  files: RawFiles,
): Promise<Contradiction[]> {
  const { kind } = detailOf(end).end;
  return [
    ...ofEnd(step, end),
    ...(kind === end.kind ? [] : [{ file: null, what: `the boot ended as ${end.kind}, its session as ${kind}` }]),
    ...(await ofSession(end, finding.splats, race, files, { console: CONSOLE, program: PROGRAM_LOG })),
  ];
}
