// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from '../model/guest-end.ts';
import type { TargetSignature } from '../model/plan.ts';
import type { Splat } from '../model/splat.ts';
import type { Evidence } from '../model/trial.ts';
import type { InconclusiveCause, TrialVerdict } from '../model/verdict.ts';
import { classify, mayExplainHang } from '../model/signature.ts';

/** Title of the finding that pages came back with other contents than they went out with. */
export const CORRUPTION = 'data corruption after swap-in';

/**
 * What one trial's evidence supports, and no more.
 *
 * Gravest first: the target by its signature; another bug that would explain whatever follows; corrupted pages; a
 * hang; any other splat. Only a trial without any of these that ran to its end marker on the right kernel, raced at
 * least once and left a whole console is `clean`. Trouble of the host is never a statement about the kernel, and a boot
 * that failed none about the race.
 */
export function judgeTrial(evidence: Evidence, target: TargetSignature): TrialVerdict {
  return notAboutTheRace(evidence) ?? findings(evidence, target) ?? withoutFinding(evidence);
}

/**
 * Title of a bug that a `hang` verdict leaves unsaid: a splat before the hang that its task survived. Null when there
 * is none. What comes after the hang is its consequence, or the harness's own doing (backtraces by NMI).
 */
export function bugBesideHang(evidence: Evidence, target: TargetSignature): string | null {
  return beforeHang(evidence, target).find((splat) => classify(splat, target) === 'other')?.title ?? null;
}

function notAboutTheRace({ end, guestBuildId, spec }: Evidence): TrialVerdict | null {
  if (end.kind === 'host-fault') return inconclusive('host-fault', `fault of the host: ${end.message}`);
  if (guestBuildId !== null && guestBuildId !== spec.buildId) {
    return inconclusive('wrong-kernel', `the guest ran build ${guestBuildId}, not ${spec.buildId}`);
  }
  // A kernel that falls over before the race says nothing about it, whatever it says while it falls.
  if (end.kind === 'boot-failed') return inconclusive('boot-failed', `boot failed: ${end.message}`);
  return null;
}

function findings(evidence: Evidence, target: TargetSignature): TrialVerdict | null {
  const hit = evidence.splats.find((splat) => classify(splat, target) === 'target');
  if (hit !== undefined) return { kind: 'target', title: hit.title };

  const cause = beforeHang(evidence, target).find(
    (splat) => classify(splat, target) === 'unreadable' || mayExplainHang(splat),
  );
  const unreadable = cause !== undefined && classify(cause, target) === 'unreadable';
  if (cause !== undefined && !unreadable) return { kind: 'other-bug', title: cause.title };
  if ((evidence.exposure?.corruptPages ?? 0) > 0) return { kind: 'other-bug', title: CORRUPTION };
  if (unreadable) return inconclusive('damaged-splat', `a splat is too damaged to judge: ${cause.title}`);

  const detected = evidence.splats.find((splat) => classify(splat, target) === 'hang');
  if (detected !== undefined) return { kind: 'hang', where: detected.title };
  const other = evidence.splats[0];
  return other === undefined || evidence.end.kind === 'stalled' ? null : { kind: 'other-bug', title: other.title };
}

/** The splats that were there before the first sign of a hang; all of them when nothing hung. */
function beforeHang({ end, splats }: Evidence, target: TargetSignature): readonly Splat[] {
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

function withoutFinding(evidence: Evidence): TrialVerdict {
  const { end } = evidence;
  switch (end.kind) {
    case 'completed':
      return completed(evidence);
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
      return { kind: 'hang', where: stalledOperations(end.threads) };
  }
}

function completed(evidence: Evidence): TrialVerdict {
  const { exposure, guestBuildId } = evidence;
  if (guestBuildId === null) return inconclusive('wrong-kernel', 'the guest never reported which build it ran');
  if (exposure === null) return inconclusive('no-end-marker', 'the workload ended without its counters');
  if (evidence.consoleBytes === 0)
    return inconclusive('truncated', 'the console is empty: a splat would not have been seen');
  if (evidence.consoleTruncated)
    return inconclusive('truncated', 'the console is truncated: a splat may have been lost');
  if (exposure.exposedSwapoffs === 0) {
    return inconclusive('no-exposure', `none of ${exposure.swapoffs} swapoffs was overlapped by a swap-in`);
  }
  return { kind: 'clean' };
}

function inconclusive(cause: InconclusiveCause, reason: string): TrialVerdict {
  return { kind: 'inconclusive', cause, reason };
}
