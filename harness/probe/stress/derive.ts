// SPDX-License-Identifier: GPL-2.0-only
import { DROPPED } from '../../evidence/report-body.ts';
import { scanLog } from '../../evidence/scanner.ts';
import { hasEndMark } from '../../model/end-mark.ts';
import { HostError } from '../../model/errors.ts';
import type { GuestEnd } from '../../model/guest-end.ts';
import type { RawFiles, StepEnd } from '../../model/probe.ts';
import { parseWorkload } from '../../workload/fold.ts';
import { CONSOLE, WORKLOAD } from './files.ts';
import { stressDetail, type StressFinding } from './finding.ts';

/** What console.log and workload.jsonl say. */
export async function deriveStress(end: StepEnd, files: RawFiles): Promise<StressFinding> {
  const how = guestEndOf(end);
  const console = (await files.bytes(CONSOLE)) ?? new Uint8Array();
  const text = new TextDecoder().decode(console);
  const splats = scanLog(text);
  const { exposure, unreportedExposure, killedBy, ended } = parseWorkload((await files.text(WORKLOAD)) ?? '');
  const midway = (text !== '' && !text.endsWith('\n')) || splats.at(-1)?.damaged.includes('truncated') === true;
  const incomplete = midway || DROPPED.test(text);
  return {
    end: how,
    splats: splats.length === 0 ? [] : await files.symbols.splats(splats),
    exposure,
    unreportedExposure,
    killedBy,
    ended,
    console: { bytes: console.length, truncated: incomplete || (how.kind === 'completed' && !hasEndMark(text)) },
  };
}

/** @throws HostError `RUN_UNREADABLE` where the parts of an end contradict each other. */
function guestEndOf({ kind, detail }: StepEnd): GuestEnd {
  const parsed = stressDetail.safeParse(detail);
  if (parsed.success && parsed.data.end.kind === kind) return parsed.data.end;
  throw new HostError('RUN_UNREADABLE', `The end of a trial is ${kind}, and its detail is not of such an end`);
}
