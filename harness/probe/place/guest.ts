// SPDX-License-Identifier: GPL-2.0-only
import { PLACING_CMDLINE } from '../../interleave/cmdline.ts';
import { disassembler } from '../../interleave/disassembly.ts';
import { NotPlacedError } from '../../interleave/errors.ts';
import { contenderNamed, pathNamed } from '../../interleave/paths.ts';
import { prepare, type Placement } from '../../interleave/prepare.ts';
import { startProgram, type Scene } from '../../interleave/program.ts';
import { loadSymbols } from '../../interleave/symbols.ts';
import { waitCalls, waitsNamed } from '../../interleave/waits.ts';
import { answered } from '../../lab/answered.ts';
import { withDebuggedGuest, type DebuggedGuest } from '../../lab/debugged.ts';
import type { Lab } from '../../lab/lab.ts';
import type { GuestSpec } from '../../model/guest.ts';
import type { Kernel } from '../../model/kernel.ts';
import { DEFAULT_RACE } from '../../model/race.ts';
import { defaultBackend, defaultHeld, requireKernel } from '../../race/operations.ts';
import { readRace } from '../../race/read.ts';
import { placedMemoryMiB } from './memory.ts';

/** A race as it is placed where nothing else is asked for. */
export function defaultScene(guestsDir: string, name: string = DEFAULT_RACE): Scene {
  const race = readRace(guestsDir, name);
  return { race, path: defaultHeld(race), meanwhile: race.contender, backend: defaultBackend(race) };
}

/** A CPU for the contender and one for the thread that is held. */
const MACHINE: Pick<GuestSpec, 'vcpus' | 'cmdline'> = { vcpus: 2, cmdline: PLACING_CMDLINE };

/** Boots of a guest in which a thread does not come to its place: one that waits for a CPU that stands still. */
const MOST_PLACEMENTS = 3;

/**
 * Names of the calls by which the contender waits in a kernel (harness/interleave/waits.ts).
 *
 * @throws HostError when the vmlinux cannot be read.
 */
export async function waitsOf(
  { vmlinux, kernelVersion }: Pick<Kernel, 'vmlinux' | 'kernelVersion'>,
  { race, meanwhile }: Pick<Scene, 'race' | 'meanwhile'>,
  signal: AbortSignal,
): Promise<string[]> {
  const contender = contenderNamed(race, meanwhile, kernelVersion);
  const calls = await waitCalls(contender, await loadSymbols(vmlinux, signal), disassembler(vmlinux, signal));
  return calls.map(({ name }) => name);
}

/**
 * Boots, places and hands over; everything is gone when `use` has ended.
 *
 * @param without names of calls that the contender is not to make.
 * @throws PathNotReachedError when this kernel does not take the path, UsageError `RACE_NOT_IN_KERNEL`, and as
 *   `withDebuggedGuest` and `prepare` do.
 */
export async function withPlacement<T>(
  kernel: Kernel,
  lab: Lab,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
  scene: Scene = defaultScene(lab.guestsDir),
  consoleLog?: string,
  without: readonly string[] = [],
): Promise<T> {
  const { race, backend } = scene;
  requireKernel(race, kernel.kernelVersion);
  const path = pathNamed(race, scene.path, kernel.kernelVersion);
  const contender = contenderNamed(race, scene.meanwhile, kernel.kernelVersion);
  const guest = { ...MACHINE, memoryMiB: await placedMemoryMiB(kernel), backend };
  const request = { kernel, guest, ...(consoleLog === undefined ? {} : { consoleLog }) };
  const symbols = await loadSymbols(kernel.vmlinux, signal);
  const calls = without.length === 0 ? [] : await waitCalls(contender, symbols, disassembler(kernel.vmlinux, signal));
  const takenAway = waitsNamed(calls, without);
  for (let attempt = 1; ; attempt++) {
    const placed = async ({ guest, take }: DebuggedGuest): Promise<{ readonly value: T } | 'not placed'> => {
      const places = await answered(guest, 'start the placed program', signal, (within) =>
        startProgram(guest.remote, scene, within),
      );
      await using taken = await take();
      const placement = await prepare(taken, places, symbols, path, contender, takenAway).catch((error: unknown) => {
        if (error instanceof NotPlacedError && attempt < MOST_PLACEMENTS) return null;
        throw error;
      });
      return placement === null ? 'not placed' : { value: await use(placement) };
    };
    const outcome = await withDebuggedGuest(request, lab, signal, placed);
    if (typeof outcome === 'object') return outcome.value;
    signal.throwIfAborted();
  }
}
