// SPDX-License-Identifier: GPL-2.0-only
/** What cannot be, whatever a step does to its guest. */
import { hasEndMark } from '../model/end-mark.ts';
import type { TargetSignature } from '../model/outcome.ts';
import type { Contradiction, RawFiles, Step, StepEnd } from '../model/probe.ts';
import { classify } from '../model/signature.ts';
import type { Splat } from '../model/splat.ts';
import type { Workload } from '../workload/command.ts';
import { parseWorkloadLog } from '../workload/protocol.ts';

type End = Pick<StepEnd, 'kind' | 'guestBuildId'>;

/** How a step ends to which nothing was done. */
const UNTOUCHED: ReadonlySet<string> = new Set(['wrong-kernel', 'boot-failed']);

/** Of how a step ended, against the kernel that it was to be made on. */
export function ofEnd({ buildId }: Pick<Step, 'buildId'>, { kind, guestBuildId }: End): Contradiction[] {
  const isOther = guestBuildId !== null && guestBuildId !== buildId;
  const says = `the step ended as ${kind}, and its guest reported build ${guestBuildId}`;
  if (kind === 'wrong-kernel' ? guestBuildId === buildId : isOther)
    return [{ file: null, what: `${says}; its kernel is ${buildId}` }];
  return kind === 'boot-failed' && guestBuildId !== null ? [{ file: null, what: says }] : [];
}

/** How a step ends that says nothing of its kernel. */
const EXCUSES: ReadonlySet<string> = new Set([...UNTOUCHED, 'host-fault']);

/** Of what a guest's session left, against its end. */
export async function ofSession(
  { kind }: End,
  splats: readonly Splat[],
  { target }: { readonly target: TargetSignature },
  files: Pick<RawFiles, 'text'>,
  names: { readonly console: string; readonly program: string },
): Promise<Contradiction[]> {
  const found: Contradiction[] = [];
  const bug = splats.find((splat) => classify(splat, target) === 'target');
  if (bug !== undefined && EXCUSES.has(kind))
    found.push({ file: names.console, what: `shows ${bug.title}; the step ended as ${kind}` });
  if (kind === 'splat' && splats.length === 0)
    found.push({ file: names.console, what: 'shows no splat, and the step ended as splat' });
  if (UNTOUCHED.has(kind) && ((await files.text(names.program)) ?? '') !== '')
    found.push({ file: names.program, what: `a program ran, and the step ended as ${kind}` });
  // The mark is written after a program that completed; a splat may still come after it.
  if (kind !== 'completed' && kind !== 'splat' && hasEndMark((await files.text(names.console)) ?? ''))
    found.push({ file: names.console, what: `has the mark of a program that completed; the step ended as ${kind}` });
  return found;
}

/** Ends that a hang comes before: a hang is looked for ten times a second. */
const AFTER_A_HANG: ReadonlySet<string> = new Set(['completed', 'program-failed', 'guest-lost', 'out-of-time']);

/** Of what a workload reported, against what it was asked to do and how the step ended. */
export async function ofWorkload(
  step: Pick<Step, 'seed'>,
  asked: Pick<Workload, 'workload' | 'threads' | 'pages' | 'hangSeconds'>,
  { kind }: End,
  files: Pick<RawFiles, 'text'>,
  file: string,
): Promise<Contradiction[]> {
  const { messages } = parseWorkloadLog((await files.text(file)) ?? '');
  const [start] = messages;
  const found: Contradiction[] = [];
  if (start !== undefined && start.t !== 'start') found.push({ file, what: 'its first line is not that of a start' });
  if (start?.t === 'start') {
    const wanted = { ...asked, seed: step.seed };
    for (const key of ['seed', 'workload', 'threads', 'pages'] as const)
      if (start[key] !== wanted[key]) found.push({ file, what: `${key} is ${start[key]}, asked for ${wanted[key]}` });
  }
  const [before, last] = messages.filter((message) => message.t === 'beat').slice(-2);
  const stalled = (last?.threads ?? []).filter(({ name, stalledMs }) => {
    const earlier = before?.threads.find((thread) => thread.name === name)?.stalledMs ?? 0;
    return Math.min(earlier, stalledMs) >= asked.hangSeconds * 1000;
  });
  if (stalled.length > 0 && AFTER_A_HANG.has(kind))
    found.push({ file, what: `${stalled[0]?.name} made no progress to the last; the step ended as ${kind}` });
  return found;
}
