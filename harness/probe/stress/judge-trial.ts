// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from '../../model/guest-end.ts';
import type { Oracle } from '../../model/race.ts';
import { classify, isHangReport, mayExplainHang } from '../../model/signature.ts';
import type { Splat } from '../../model/splat.ts';
import type { ProbedRace } from '../keys.ts';
import type { Evidence, InconclusiveCause, JudgedTrial, StressSeen, TrialVerdict } from './trial.ts';

/**
 * What one trial's evidence supports, and no more.
 *
 * Worst first: the target by its signature; another bug that would explain whatever follows; corrupted pages; a
 * hang; any other splat. Only a trial without any of these that ran to its end marker on the right kernel, raced at
 * least once and left a whole console is `ok`. Trouble of the host is never a statement about the kernel, and a boot
 * that failed none about the race.
 */
export function judgeTrial(evidence: Evidence, race: ProbedRace): TrialVerdict {
  return notAboutTheRace(evidence, race) ?? findings(evidence, race) ?? withoutFinding(evidence, race);
}

/** Trials of a variant in their order, and what each of them supports. */
export function trialsOf(seen: readonly StressSeen[], variant: string, race: ProbedRace): JudgedTrial[] {
  return seen
    .filter(({ step }) => step.variant === variant)
    .toSorted((a, b) => a.step.index - b.step.index)
    .map((each) => judged(each, race));
}

export function judged({ step, end, finding }: StressSeen, race: ProbedRace): JudgedTrial {
  const evidence = { ...finding, step, guestBuildId: end.guestBuildId };
  return { evidence, verdict: judgeTrial(evidence, race) };
}

/**
 * Title of a bug that a `hang` verdict leaves unsaid: a splat before the hang that its task survived. Null when there
 * is nothing. What comes after the hang is its consequence, or the harness's own doing (backtraces by NMI).
 */
export function bugBesideHang(evidence: Evidence, { target }: Pick<ProbedRace, 'target'>): string | null {
  return beforeHang(evidence, target).find((splat) => classify(splat, target) === 'other')?.title ?? null;
}

function notAboutTheRace({ end, guestBuildId, step, splats }: Evidence, { target }: ProbedRace): TrialVerdict | null {
  if (guestBuildId !== null && guestBuildId !== step.buildId) {
    return inconclusive('wrong-kernel', `the guest ran build ${guestBuildId}, not ${step.buildId}`);
  }
  // The bug is the kernel's own, whatever became of the host; what detectors of hangs say, a host that stalls explains.
  if (splats.some((splat) => classify(splat, target) === 'target' && !isHangReport(splat))) return null;
  if (end.kind === 'host-fault') return inconclusive('host-fault', `fault of the host: ${end.message}`);
  // A kernel that falls over before the race says nothing about it, whatever it says while it falls.
  if (end.kind === 'boot-failed') return inconclusive('boot-failed', `boot failed: ${end.message}`);
  return null;
}

/** Signals by which the kernel says that it has no page where there must be one; x86's numbers. */
const FATAL: Readonly<Record<number, string>> = { 7: 'SIGBUS', 11: 'SIGSEGV' };

function findings(evidence: Evidence, { target, oracle, words }: ProbedRace): TrialVerdict | null {
  const shows = (each: Oracle): boolean => oracle.includes(each);
  const hit = evidence.splats.find((splat) => classify(splat, target) === 'target');
  if (hit !== undefined) return { kind: shows('splat') ? 'target' : 'other-bug', title: hit.title };

  const cause = beforeHang(evidence, target).find(
    (splat) => classify(splat, target) === 'unreadable' || mayExplainHang(splat),
  );
  const unreadable = cause !== undefined && classify(cause, target) === 'unreadable';
  if (cause !== undefined && !unreadable) return { kind: 'other-bug', title: cause.title };
  if ((evidence.exposure?.corruptPages ?? 0) > 0)
    return { kind: shows('contents') ? 'target' : 'other-bug', title: words.corruption };
  const fatal = FATAL[evidence.killedBy ?? 0];
  if (fatal !== undefined) return { kind: 'other-bug', title: `a worker was killed by ${fatal}` };
  if (unreadable) return inconclusive('damaged-splat', `a splat is too damaged to judge: ${cause.title}`);

  const detected = evidence.splats.find((splat) => classify(splat, target) === 'hang');
  if (detected !== undefined) return hang(detected.title, oracle);
  const other = evidence.splats[0];
  return other === undefined || evidence.end.kind === 'stalled' ? null : { kind: 'other-bug', title: other.title };
}

/** The splats that were there before the first sign of a hang; all of them when nothing hung. */
function beforeHang({ end, splats }: Evidence, target: ProbedRace['target']): readonly Splat[] {
  const first = splats.findIndex((splat) => classify(splat, target) === 'hang');
  if (first !== -1) return splats.slice(0, first);
  // A guest that still answered when it stalled had not panicked: its panic came with the backtraces afterwards.
  if (end.kind === 'stalled') return splats.filter((splat) => splat.type !== 'panic' && splat.type !== 'reboot');
  return splats;
}

/** Without names and times of threads, so that equal hangs of different trials read the same. */
function stalledOperations(threads: readonly ThreadBeat[]): string {
  const longestFirst = [...threads].sort((a, b) => b.stalledMs - a.stalledMs);
  const operations = new Set(longestFirst.map((thread) => thread.operation));
  return `no progress in ${operations.size === 0 ? 'a workload thread' : [...operations].join(', ')}`;
}

/** No progress is the bug itself where the race says so. */
function hang(where: string, oracle: readonly Oracle[]): TrialVerdict {
  return oracle.includes('progress') ? { kind: 'target', title: where } : { kind: 'hang', where };
}

function withoutFinding(evidence: Evidence, { words, oracle }: ProbedRace): TrialVerdict {
  const { end } = evidence;
  switch (end.kind) {
    case 'completed':
      return completed(evidence, words);
    case 'splat':
      return inconclusive('damaged-splat', 'the console showed a splat that its log does not hold');
    case 'program-failed':
      return inconclusive('workload-failed', `workload failed: ${end.message}`);
    case 'wrong-kernel':
    case 'boot-failed':
    case 'guest-lost':
    case 'out-of-time':
    case 'host-fault':
      return inconclusive(end.kind, `${end.kind.replaceAll('-', ' ')}: ${end.message}`);
    case 'stalled':
      return hang(stalledOperations(end.threads), oracle);
  }
}

function completed(evidence: Evidence, words: ProbedRace['words']): TrialVerdict {
  const { exposure, guestBuildId, ended, console } = evidence;
  if (guestBuildId === null) return inconclusive('wrong-kernel', 'the guest never reported which build it ran');
  if (exposure === null) return inconclusive('no-end-marker', 'the workload ended without its counters');
  if (!ended) return inconclusive('no-end-marker', 'the workload ended without its end marker');
  if (console.bytes === 0) return inconclusive('truncated', 'the console is empty: a splat would not have been seen');
  if (console.truncated) return inconclusive('truncated', 'the console is truncated: a splat may have been lost');
  const still = Object.keys(exposure.vmstat).filter((event) => exposure.vmstat[event] === 0);
  if (still.length > 0) return inconclusive('no-exposure', `nothing was raced: ${still.join(', ')} did not advance`);
  if (exposure.exposed === 0) {
    return inconclusive(
      'no-exposure',
      `none of ${exposure.contenders} runs of ${words.contender} returned while a ${words.operation} was in flight`,
    );
  }
  return { kind: 'ok' };
}

function inconclusive(cause: InconclusiveCause, reason: string): TrialVerdict {
  return { kind: 'inconclusive', cause, reason };
}
