// SPDX-License-Identifier: GPL-2.0-only
import { drawPreemption } from '../../interleave/search/preemption.ts';
import {
  census,
  DEFAULT_ROUND_TIMES,
  followingSplat,
  preemptOnce,
  runFor,
  type SearchedMachine,
} from '../../interleave/search/round.ts';
import type { Lab } from '../../lab/lab.ts';
import { GuestError } from '../../model/errors.ts';
import type { GuestEnd } from '../../model/guest-end.ts';
import type { Step } from '../../model/probe.ts';
import type { SearchFound, SearchRound } from '../../model/search.ts';
import type { WorkloadRun } from '../stress/workload-run.ts';
import { functionsOf, withRace, type RaceLogs, type SearchedKernel } from './guest.ts';
import type { ArgsOf, SearchSpec } from './spec.ts';

const WORKLOAD_STARTS_MS = 60_000;
/** Milliseconds of a vCPU between two looks at the workload. */
const SLICE_MS = 200;
/** Milliseconds of a vCPU in which a function must be reached to be searched: many cycles of the workload. */
const CENSUS_MS = 5_000;

/** Which of a step's functions threads reach while the workload races, in one guest. */
export async function lookAround(
  searched: SearchedKernel,
  lab: Lab,
  probe: SearchSpec,
  step: Step<ArgsOf<'census'>>,
  logs: RaceLogs,
  signal: AbortSignal,
): Promise<{ readonly reached: readonly string[]; readonly cut: boolean }> {
  const functions = functionsOf(searched, step.args.functions);
  return withRace(searched, lab, probe, step, logs, signal, (machine) => census(machine, functions, CENSUS_MS));
}

/**
 * Lets the workload race, and holds threads where the seed says, until there is a finding or all rounds were made.
 *
 * @returns what was found; null for nothing.
 * @throws GuestError `NO_EXPOSURE`, `WORKLOAD_ENDED` and what else ends a guest; UsageError `NO_SUCH_FUNCTION`.
 */
export async function searchGuest(
  searched: SearchedKernel,
  lab: Lab,
  probe: SearchSpec,
  step: Step<ArgsOf<'rounds'>>,
  logs: RaceLogs,
  signal: AbortSignal,
  onRound: (round: SearchRound) => Promise<void>,
): Promise<SearchFound | null> {
  const { functions, first } = step.args;
  for (const func of functions) searched.symbols.addressAt(func);
  const lists = { seed: probe.seed, functions, contenderFunctions: searched.contender.calls };
  return withRace(searched, lab, probe, step, logs, signal, async (machine, workload) => {
    const found = (splat: string | null): SearchFound | null => foundIn(workload, splat, probe);
    const began = await followingSplat(machine, DEFAULT_ROUND_TIMES, () => underWay(machine, workload, signal));
    const early = found(began);
    if (early !== null) return early;
    let over: GuestEnd | null = null;
    void workload.ended().then(
      (end) => (over = end),
      () => undefined,
    );
    for (let round = first; round < probe.rounds; round++) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const preemption = drawPreemption(lists, round);
      const outcome = await preemptOnce(machine, preemption, DEFAULT_ROUND_TIMES);
      await onRound({ round, preemption, ...outcome, elapsedMs: performance.now() - startedAt });
      const finding = found(outcome.splat);
      if (finding !== null) return finding;
      // Holds in a guest in which nothing races any more would pass for a search.
      if (over !== null) throw new GuestError('WORKLOAD_ENDED', 'the workload ended before the search');
    }
    return null;
  });
}

/** Lets the workload reach the first cycle that an operation overlapped: before, nothing can be found. */
async function underWay(searched: SearchedMachine, workload: WorkloadRun, signal: AbortSignal): Promise<void> {
  const end = performance.now() + WORKLOAD_STARTS_MS;
  while ((workload.exposure?.overlapped ?? 0) === 0) {
    signal.throwIfAborted();
    if ((await runFor(searched, 'all', SLICE_MS)) === 'splat') return;
    if (performance.now() > end)
      throw new GuestError('NO_EXPOSURE', `The workload did not race within ${WORKLOAD_STARTS_MS / 1000} s`);
  }
}

function foundIn(
  workload: WorkloadRun,
  splat: string | null,
  { hangSeconds }: Pick<SearchSpec, 'hangSeconds'>,
): SearchFound | null {
  if (splat !== null) return { kind: 'splat', title: splat };
  const pages = workload.exposure?.corruptPages ?? 0;
  if (pages > 0) return { kind: 'corruption', pages };
  const threads = workload.stalledThreads(hangSeconds * 1000);
  return threads.length === 0 ? null : { kind: 'stalled', threads };
}
