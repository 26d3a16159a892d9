// SPDX-License-Identifier: GPL-2.0-only
import type { GuestEnd, ThreadBeat } from '../../../model/guest-end.ts';
import type { LatencySamples, LatencyWorkload, Unusable, UnusableCause } from '../types.ts';
import { parseSamples } from './samples.ts';
import { parseTimerlat, parseWaits } from './timerlat.ts';

/** Everything that one boot left. */
export interface BootEvidence {
  readonly end: GuestEnd;
  /** Build ids: of the kernel that was meant, and of the one that the guest reported; null when it never did. */
  readonly buildId: string;
  readonly guestBuildId: string | null;
  /** Titles of what the kernel complained about on its console. */
  readonly complaints: readonly string[];
  readonly workload: LatencyWorkload;
  /** Null when none came. */
  readonly samples: Uint8Array | null;
  /** Pages that were swapped out while cycles were made; null where the program did not say. */
  readonly swappedOut: number | null;
  /** What timerlat traced; null when it was not asked for, or when nothing came. */
  readonly trace: string | null;
}

/**
 * A boot's samples when every one of them can be trusted, or the one reason why none is used. A kernel that complains
 * is not measured: its latency is that of a broken kernel, or of its printing.
 */
export function usableSamples(evidence: BootEvidence): LatencySamples | Unusable {
  const { end, buildId, guestBuildId, complaints, workload } = evidence;
  if (guestBuildId !== null && guestBuildId !== buildId) {
    return unusable('wrong-kernel', `the guest runs build ${guestBuildId}, not ${buildId}`);
  }
  // Before complaints: the backtraces of a hang were asked for.
  if (end.kind === 'stalled') return unusable('hang', stalledWords(end.threads));
  if (complaints[0] !== undefined) return unusable('kernel-complained', complaints[0]);
  const failure = failureOf(end);
  if (failure !== null) return failure;
  if (guestBuildId === null) return unusable('wrong-kernel', 'the guest did not report its build id');
  if (evidence.swappedOut === 0) return unusable('nothing-swapped', 'not one page was swapped out: nothing was raced');
  const parsed = parsedSamples(evidence);
  return 'kind' in parsed ? parsed : (contradiction(parsed, workload) ?? parsed);
}

/** As the program and the instrument wrote them, not yet checked against each other. */
function parsedSamples({ samples, trace, workload }: BootEvidence): LatencySamples | Unusable {
  if (samples === null) return unusable('truncated', 'no samples came from the guest');
  const parsed = parseSamples(samples);
  if ('kind' in parsed || workload.instrument !== 'timerlat') return parsed;
  if (trace === null) return unusable('truncated', 'no trace came from the guest');
  const wakeUps = parseTimerlat(trace, workload.intervalUs * 1000);
  if ('kind' in wakeUps) return wakeUps;
  const waits = parseWaits(trace);
  return waits === null ? { ...parsed, wakeUps } : { ...parsed, wakeUps, waits };
}

function stalledWords(threads: readonly ThreadBeat[]): string {
  return threads
    .map(({ operation, stalledMs }) => `${operation} made no progress for ${stalledMs / 1000} s`)
    .join(', ');
}

function failureOf(end: Exclude<GuestEnd, { kind: 'stalled' }>): Unusable | null {
  switch (end.kind) {
    case 'completed':
      return null;
    case 'splat':
      return unusable('kernel-complained', 'a complaint that could not be read');
    default:
      return unusable(end.kind, end.message);
  }
}

/** What the samples of a whole file say against each other or against what was asked for. */
function contradiction(samples: LatencySamples, workload: LatencyWorkload): Unusable | null {
  const { windows, cpus } = samples;
  const horizonNs = workload.horizonUs * 1000;
  if (windows.length < workload.cycles) {
    return unusable('too-few-cycles', `${windows.length} cycles of ${workload.cycles} within ${workload.seconds} s`);
  }
  if (windows.some(({ startNs, endNs }) => endNs < startNs))
    return unusable('clock-stepped-back', 'a contender ended before it began');
  const close = windows.findIndex(
    ({ startNs }, index) => index > 0 && startNs - (windows[index - 1]?.startNs ?? 0) < horizonNs,
  );
  if (close !== -1)
    return unusable('overlapping-windows', `cycle ${close} began within ${workload.horizonUs} us of the one before`);
  if (workload.instrument === 'cyclictest') return null;
  for (let cpu = 0; cpu < cpus; cpu++) {
    const problem = threadProblem(samples, cpu, workload.intervalUs * 1000, horizonNs);
    if (problem !== null) return problem;
  }
  return null;
}

function threadProblem(
  { wakeUps, windows }: LatencySamples,
  cpu: number,
  intervalNs: number,
  horizonNs: number,
): Unusable | null {
  const own = wakeUps.filter((wakeUp) => wakeUp.cpu === cpu);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined)
    return unusable('thread-never-ran', `the thread of CPU ${cpu} never woke`);
  for (const [index, { expectedNs, latencyNs }] of own.entries()) {
    if (latencyNs < 0) return unusable('clock-stepped-back', `CPU ${cpu} woke ${-latencyNs} ns before its time`);
    const step = index === 0 ? intervalNs : expectedNs - (own[index - 1]?.expectedNs ?? 0);
    if (step === intervalNs) continue;
    if (step === 0) return unusable('counted-twice', `CPU ${cpu} has two wake-ups for the time ${expectedNs}`);
    if (step < 0) return unusable('clock-stepped-back', `CPU ${cpu} goes back by ${-step} ns`);
    return unusable('gap', `CPU ${cpu} lacks wake-ups between ${expectedNs - step} and ${expectedNs}`);
  }
  const [begin, end] = [windows[0]?.startNs ?? 0, (windows.at(-1)?.startNs ?? 0) + horizonNs];
  if (first.expectedNs > begin || last.expectedNs + intervalNs < end) {
    return unusable('gap', `the wake-ups of CPU ${cpu} do not span all cycles`);
  }
  return null;
}

function unusable(cause: UnusableCause, reason: string): Unusable {
  return { kind: 'inconclusive', cause, reason };
}
