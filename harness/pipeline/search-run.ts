// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../host/temp-dir.ts';
import { calleeLookup } from '../interleave/calls.ts';
import { ChainReader } from '../interleave/chains.ts';
import { PLACING_CMDLINE } from '../interleave/cmdline.ts';
import { disassembler } from '../interleave/disassembly.ts';
import { Runner } from '../interleave/runner.ts';
import { drawPreemption } from '../interleave/search/preemption.ts';
import {
  census,
  DEFAULT_ROUND_TIMES,
  followingSplat,
  preemptOnce,
  runFor,
  type Census,
  type SearchedMachine,
} from '../interleave/search/round.ts';
import { contenderCode, type ContenderCode } from '../interleave/search/contender.ts';
import { loadSymbols, type SymbolTable } from '../interleave/symbols.ts';
import { answered } from '../lab/answered.ts';
import { withDebuggedGuest, type DebuggedGuest } from '../lab/debugged.ts';
import { endOf } from '../lab/end-of.ts';
import type { Lab } from '../lab/lab.ts';
import { GuestError, UsageError, WrongKernelError } from '../model/errors.ts';
import type { GuestSpec } from '../model/guest.ts';
import type { Kernel } from '../model/kernel.ts';
import type { StressProbe, TargetSignature } from '../model/plan.ts';
import { plannedTrial } from '../model/planned-trial.ts';
import {
  findingsOf,
  isLost,
  type SearchedGuest,
  type SearchedGuestEnd,
  type SearchRound,
  type SearchSpec,
} from '../model/search.ts';
import type { GuestEnd } from '../model/guest-end.ts';
import type { TrialSpec } from '../model/trial.ts';
import { contenderOperation, namesFor } from '../race/operations.ts';
import type { RaceFolder } from '../race/read.ts';
import { parseWorkload } from '../workload/fold.ts';
import { WorkloadRun } from './workload-run.ts';

/** What a search needs to know of a kernel. */
export interface SearchedKernel {
  readonly kernel: Kernel;
  readonly symbols: SymbolTable;
  readonly contender: ContenderCode;
  readonly race: RaceFolder;
}

/** Guests in a row that may break off before the search is given up. */
const MOST_LOST = 5;
/** The workload is ended with its guest, never by its own clock. */
const WORKLOAD_SECONDS = 24 * 3600;
const WORKLOAD_STARTS_MS = 60_000;
/** Milliseconds of a vCPU between two looks at the workload. */
const SLICE_MS = 200;

/** Reads what there is to search. */
export async function openSearch(kernel: Kernel, race: RaceFolder, signal: AbortSignal): Promise<SearchedKernel> {
  const symbols = await loadSymbols(kernel.vmlinux, signal);
  const { enters, body = enters } = contenderOperation(race, race.contender).meanwhile;
  const contender = await contenderCode(
    namesFor(body, kernel.kernelVersion),
    symbols,
    disassembler(kernel.vmlinux, signal),
    calleeLookup(kernel.vmlinux, signal),
  );
  return { kernel, symbols, contender, race };
}

/**
 * The functions of the bug's signature that this kernel has: the plan's list of where a swap entry is used unowned.
 *
 * @throws UsageError `NOTHING_TO_SEARCH`.
 */
export function searchedFunctions({ symbols }: SearchedKernel, target: TargetSignature): string[] {
  const functions = target.frames.filter((func) => symbols.addressOf(func) !== null);
  if (functions.length > 0) return functions;
  throw new UsageError('NOTHING_TO_SEARCH', 'The kernel has none of the functions that the plan’s target names', {
    hint: 'name functions of this kernel in the plan’s target (docs/plans.md)',
  });
}

/** Milliseconds of a vCPU in which a function must be reached to be searched: many cycles of the workload. */
const CENSUS_MS = 5_000;

/** Guests that look which functions are reached: on a kernel that crashes soon, one may see little. */
const MOST_CENSUS_GUESTS = 4;

/**
 * Those of the functions that threads reach while a probe's workload races, in guests of their own.
 *
 * @throws GuestError `NOTHING_REACHED` when there is none; GuestError, BootError, HostError when a guest breaks off.
 */
export async function functionsReached(
  searched: SearchedKernel,
  lab: Lab,
  variant: string,
  probe: StressProbe,
  functions: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  await using scratch = await makePrivateDir();
  const log = join(scratch.path, 'workload.jsonl');
  const trial = trialOf(searched, probe, variant, 0);
  const found = new Set<string>();
  for (let guest = 0; guest < MOST_CENSUS_GUESTS; guest++) {
    const open = functions.filter((func) => !found.has(func));
    const look = (debugged: DebuggedGuest): Promise<Census> =>
      withRace(searched, debugged, trial, log, signal, (machine) => census(machine, open, CENSUS_MS));
    const request = { kernel: searched.kernel, guest: machineOf(probe) };
    const { reached, cut } = await withDebuggedGuest(request, lab, signal, look);
    for (const func of reached) found.add(func);
    const nothingNew = reached.length === 0 && found.size > 0;
    if (!cut || nothingNew) break;
  }
  if (found.size === 0)
    throw new GuestError('NOTHING_REACHED', `The workload reached none of: ${functions.join(', ')}`, {
      hint: 'name functions with --functions',
    });
  return functions.filter((func) => found.has(func));
}

export interface SearchRequest {
  readonly spec: SearchSpec;
  readonly probe: StressProbe;
  readonly signal: AbortSignal;
  readonly onRound: (round: SearchRound) => Promise<void>;
  readonly consoleLog: (guest: number) => string;
  readonly workloadLog: (guest: number) => string;
}

/**
 * Lets the stress workload race, and holds threads where the seed says, guest after guest, until there are findings
 * enough or all rounds were made.
 *
 * @throws GuestError `TOO_MANY_LOST` when guests break off one after the other.
 */
export async function searchKernel(
  searched: SearchedKernel,
  lab: Lab,
  request: SearchRequest,
): Promise<SearchedGuest[]> {
  const { spec, signal } = request;
  const guests: SearchedGuest[] = [];
  let next = 0;
  while (next < spec.rounds && findingsOf(guests).length < spec.findings) {
    signal.throwIfAborted();
    const guest = await searchGuest(searched, lab, request, guests.length, next);
    guests.push(guest);
    next += guest.rounds;
    if (guests.length >= MOST_LOST && guests.slice(-MOST_LOST).every(({ end }) => isLost(end)))
      throw tooManyLost(guest.end);
  }
  return guests;
}

function tooManyLost(end: SearchedGuestEnd): GuestError {
  const why = 'message' in end ? `; the last one: ${end.message}` : '';
  return new GuestError('TOO_MANY_LOST', `${MOST_LOST} guests in a row were lost${why}`);
}

async function searchGuest(
  searched: SearchedKernel,
  lab: Lab,
  request: SearchRequest,
  guest: number,
  first: number,
): Promise<SearchedGuest> {
  const { spec, probe, signal } = request;
  const trial = trialOf(searched, probe, spec.variant, guest);
  let rounds = 0;
  const counted: SearchRequest = {
    ...request,
    onRound: async (round) => {
      rounds++;
      await request.onRound(round);
    },
  };
  const search = (debugged: DebuggedGuest): Promise<SearchedGuestEnd> =>
    race(searched, debugged, trial, counted, guest, first);
  const booted = { kernel: searched.kernel, guest: machineOf(probe), consoleLog: request.consoleLog(guest) };
  const end = await withDebuggedGuest(booted, lab, signal, search).catch((error: unknown) => endOfLost(error, signal));
  const log = await readFile(request.workloadLog(guest), 'utf8').catch(() => '');
  return { guest, end, rounds, workload: parseWorkload(log) };
}

/** A guest that is lost is a result. A host that cannot go on is none, nor is a kernel that nobody asked for. */
function endOfLost(error: unknown, signal: AbortSignal): SearchedGuestEnd {
  signal.throwIfAborted();
  const end = error instanceof WrongKernelError ? null : endOf(error);
  if (end === null || end.kind === 'splat') throw error;
  return end;
}

async function race(
  searched: SearchedKernel,
  booted: DebuggedGuest,
  trial: TrialSpec,
  request: SearchRequest,
  guest: number,
  first: number,
): Promise<SearchedGuestEnd> {
  const { spec, signal, onRound } = request;
  return withRace(searched, booted, trial, request.workloadLog(guest), signal, async (machine, workload) => {
    const early = findingIn(
      workload,
      await followingSplat(machine, DEFAULT_ROUND_TIMES, () => underWay(machine, workload, signal)),
      trial,
    );
    if (early !== null) return early;
    let over: GuestEnd | null = null;
    void workload.ended().then(
      (end) => (over = end),
      () => undefined,
    );
    for (let round = first; round < spec.rounds; round++) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const preemption = drawPreemption(spec, round);
      const outcome = await preemptOnce(machine, preemption, DEFAULT_ROUND_TIMES);
      await onRound({ round, guest, preemption, ...outcome, elapsedMs: performance.now() - startedAt });
      const finding = findingIn(workload, outcome.splat, trial);
      if (finding !== null) return finding;
      // Holds in a guest in which nothing races any more would pass for a search.
      if (over !== null) return { kind: 'guest-lost', message: 'the workload ended before the search', machine: null };
    }
    return { kind: 'completed' };
  });
}

/** Starts the workload, takes the vCPUs, and lets go of both. */
async function withRace<T>(
  { symbols, contender }: SearchedKernel,
  { guest, take }: DebuggedGuest,
  trial: TrialSpec,
  log: string,
  signal: AbortSignal,
  use: (machine: SearchedMachine, workload: WorkloadRun) => Promise<T>,
): Promise<T> {
  await using workload = await answered(guest, 'start the workload', signal, (within) =>
    WorkloadRun.start(trial, guest.remote, log, () => undefined, within),
  );
  await using machine = await take();
  return await use(
    { machine, runner: new Runner(machine.vcpus), chains: new ChainReader(machine.vcpus, symbols), symbols, contender },
    workload,
  );
}

function trialOf({ kernel }: SearchedKernel, probe: StressProbe, variant: string, index: number): TrialSpec {
  return { ...plannedTrial({ seed: 0 }, probe, variant, index, kernel.record), seconds: WORKLOAD_SECONDS };
}

function machineOf({ vcpus, memoryMiB, cmdline, backend }: StressProbe): GuestSpec {
  return { vcpus, memoryMiB, cmdline: [...PLACING_CMDLINE, ...cmdline], backend };
}

/** Lets the workload reach its first exposed cycle: before, nothing can be found. */
async function underWay(searched: SearchedMachine, workload: WorkloadRun, signal: AbortSignal): Promise<void> {
  const end = performance.now() + WORKLOAD_STARTS_MS;
  while ((workload.exposure?.exposedSwapoffs ?? 0) === 0) {
    signal.throwIfAborted();
    if ((await runFor(searched, 'all', SLICE_MS)) === 'splat') return;
    if (performance.now() > end)
      throw new GuestError('NO_EXPOSURE', `The workload did not race within ${WORKLOAD_STARTS_MS / 1000} s`);
  }
}

function findingIn(workload: WorkloadRun, splat: string | null, { hangSeconds }: TrialSpec): SearchedGuestEnd | null {
  if (splat !== null) return { kind: 'splat', title: splat };
  const pages = workload.exposure?.corruptPages ?? 0;
  if (pages > 0) return { kind: 'corruption', pages };
  const stalled = workload.stalledThreads(hangSeconds * 1000);
  return stalled.length === 0 ? null : { kind: 'stalled', threads: stalled };
}
