// SPDX-License-Identifier: GPL-2.0-only
import { calleeLookup } from '../../interleave/calls.ts';
import { ChainReader } from '../../interleave/chains.ts';
import { PLACING_CMDLINE } from '../../interleave/cmdline.ts';
import { disassembler } from '../../interleave/disassembly.ts';
import { Runner } from '../../interleave/runner.ts';
import { contenderCode, type ContenderCode } from '../../interleave/search/contender.ts';
import type { SearchedMachine } from '../../interleave/search/round.ts';
import { loadSymbols, type SymbolTable } from '../../interleave/symbols.ts';
import { answered } from '../../lab/answered.ts';
import { withDebuggedGuest } from '../../lab/debugged.ts';
import type { Lab } from '../../lab/lab.ts';
import { UsageError } from '../../model/errors.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Step } from '../../model/probe.ts';
import { contenderOperation, namesFor } from '../../race/operations.ts';
import { readRace, type RaceFolder } from '../../race/read.ts';
import { machineOf } from '../keys.ts';
import type { Workload } from '../../workload/command.ts';
import { WorkloadRun } from '../stress/workload-run.ts';
import type { SearchSpec } from './spec.ts';

/** What a search needs to know of a kernel. */
export interface SearchedKernel {
  readonly kernel: Kernel;
  readonly symbols: SymbolTable;
  readonly contender: ContenderCode;
  readonly race: RaceFolder;
}

/** The workload is ended with its guest, never by its own clock. */
const WORKLOAD_SECONDS = 24 * 3600;

/** Reads what there is to search. @throws UsageError `NO_SUCH_FUNCTION` for a kernel without the contender. */
export async function openSearch(
  kernel: Kernel,
  { guestsDir }: Pick<Lab, 'guestsDir'>,
  raceName: string,
  signal: AbortSignal,
): Promise<SearchedKernel> {
  const race = readRace(guestsDir, raceName);
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

/** Those of some functions that a kernel has. @throws UsageError `NOTHING_TO_SEARCH` when it has none. */
export function functionsOf({ symbols }: Pick<SearchedKernel, 'symbols'>, functions: readonly string[]): string[] {
  const known = functions.filter((func) => symbols.addressOf(func) !== null);
  if (known.length > 0) return known;
  throw new UsageError('NOTHING_TO_SEARCH', 'The kernel has none of the functions that the plan’s target names', {
    hint: 'name functions of this kernel in the plan’s target (docs/plans.md)',
  });
}

/** What is done with the machine and the workload in it. */
export type UseRace<T> = (machine: SearchedMachine, workload: WorkloadRun) => Promise<T>;

/** Where a guest's raw files go. */
export interface RaceLogs {
  readonly consoleLog: string;
  readonly workloadLog: string;
}

/** Boots a guest, starts the workload, takes the vCPUs, and releases everything when `use` has ended. */
export async function withRace<T>(
  { kernel, symbols, contender }: SearchedKernel,
  lab: Lab,
  probe: SearchSpec,
  step: Step,
  { consoleLog, workloadLog }: RaceLogs,
  signal: AbortSignal,
  use: UseRace<T>,
): Promise<T> {
  const guest = { ...machineOf(probe), cmdline: [...PLACING_CMDLINE, ...probe.cmdline] };
  const trial = trialOf(probe, step);
  return withDebuggedGuest({ kernel, guest, consoleLog }, lab, signal, async ({ guest: booted, take }) => {
    await using workload = await answered(booted, 'start the workload', signal, (within) =>
      WorkloadRun.start(trial, booted.remote, workloadLog, () => undefined, within),
    );
    await using machine = await take();
    const { vcpus } = machine;
    const searched = {
      machine,
      runner: new Runner(vcpus),
      chains: new ChainReader(vcpus, symbols),
      symbols,
      contender,
    };
    return await use(searched, workload);
  });
}

function trialOf(probe: SearchSpec, { seed }: Step): Workload {
  return { ...probe, race: probe.race.name, seed, seconds: WORKLOAD_SECONDS };
}
