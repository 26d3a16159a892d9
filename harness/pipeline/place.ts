import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SplatScanner } from '../evidence/scanner.ts';
import { makePrivateDir } from '../host/private-dir.ts';
import { calleeLookup, reachable } from '../interleave/calls.ts';
import { BACKENDS } from '../interleave/backends.ts';
import { explore, type Exploration, type ExploreOptions } from '../interleave/explore.ts';
import { BROKEN_TIMERS, PLACING_CMDLINE } from '../interleave/cmdline.ts';
import { disassembler } from '../interleave/disassembly.ts';
import { mergeSummary } from '../interleave/merge.ts';
import { raceMap, symbolizeMap, type MapHeader } from '../interleave/map.ts';
import { pathNamed, type PathName } from '../interleave/paths.ts';
import { prepare, type Placement } from '../interleave/prepare.ts';
import { startProgram } from '../interleave/program.ts';
import { pointName } from '../interleave/points.ts';
import { ConsoleSplats } from '../interleave/splats.ts';
import { loadSymbols, sourceLookup } from '../interleave/symbols.ts';
import { workClock } from '../interleave/work-clock.ts';
import { boot } from '../machine/boot.ts';
import { GdbClient } from '../machine/gdb/client.ts';
import { MachineSnapshots } from '../machine/snapshot.ts';
import { BootError, GuestError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { HoldKind, PlacedMachine, PointResult, RaceMap } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { packCpio } from '../rootfs/cpio.ts';
import type { Lab } from './lab.ts';

type PlacedLab = Pick<Lab, 'rootfs' | 'identity'>;

/** Boots of a guest whose timers a busy host spoils. */
const MOST_BOOTS = 8;

/** What is placed, and where it is swapped to. */
export interface Scene {
  readonly path: PathName;
  readonly backend: SwapBackend;
}

export const FAULT_SCENE: Scene = { path: 'fault', backend: BACKENDS.rotational };

/**
 * Boots, places and hands over; everything is gone when `use` has ended.
 *
 * @throws GuestError `PATH_NOT_REACHED` when this kernel does not take the path, and as `prepare` does.
 */
export async function withPlacement<T>(
  kernel: Kernel,
  lab: PlacedLab,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
  scene: Scene = FAULT_SCENE,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await placeOnce(kernel, lab, scene, signal, use);
    if (outcome !== 'broken timers') return outcome.value;
    if (attempt === MOST_BOOTS) {
      throw new BootError('BROKEN_TIMERS', `${MOST_BOOTS} guests came up without working timers`, { hint: 'run on a host that is less busy' });
    }
  }
}

async function placeOnce<T>(
  kernel: Kernel,
  lab: PlacedLab,
  scene: Scene,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
): Promise<{ readonly value: T } | 'broken timers'> {
  await using dir = await makePrivateDir();
  const keys = join(dir.path, 'keys.cpio');
  const consoleLog = join(dir.path, 'console.log');
  await writeFile(keys, packCpio(lab.identity.overlay), { mode: 0o600 });
  await using guest = await boot(
    {
      kernel,
      guest: { vcpus: 2, memoryMiB: 128, cmdline: PLACING_CMDLINE, backend: scene.backend },
      accelerator: 'tcg',
      initramfs: [lab.rootfs.image, keys],
      workDir: dir.path,
      consoleLog,
      key: lab.identity.key,
      placing: true,
    },
    signal,
  );
  if (BROKEN_TIMERS.test(await readFile(consoleLog, 'latin1'))) return 'broken timers';
  const path = pathNamed(scene.path);
  const places = await startProgram(guest.remote, scene.backend, path.operation, signal);
  const sockets = guest.placing;
  if (sockets === null) throw new GuestError('NOT_PLACED', 'The guest was booted without a debugger stub');
  await using vcpus = await GdbClient.connect(sockets.gdbSocket);
  await using snapshots = await MachineSnapshots.open(sockets.qmpSocket);
  const splats = new ConsoleSplats(() => new SplatScanner(), (listener) => guest.onConsoleLine(listener));
  const machine: PlacedMachine = {
    vcpus,
    snapshots,
    splats,
    workMs: workClock(guest.pid),
    dump: (file) => snapshots.dump(file),
    handOver: () => {
      vcpus.close();
      return sockets.gdbSocket;
    },
  };
  return { value: await use(await prepare(machine, places, await loadSymbols(kernel.vmlinux), path)) };
}

/** What one exploration is to do. */
export interface ExploreRequest extends Pick<ExploreOptions, 'choice' | 'range' | 'sample' | 'repeats' | 'signal'> {
  readonly variant: string;
  /** What is placed; the fault where it is not told. */
  readonly scene?: Scene;
  readonly hold: HoldKind;
  /** Where swapoff is kept until the thread has gone on, `function+offset`; absent lets it return. */
  readonly swapoffTo?: string;
  /**
   * Explores behind the stepped part of the path instead: entries of these functions, or of those that the kernel's own
   * call graph has ahead of where the thread stands there.
   */
  readonly entries?: readonly string[] | 'call graph';
  /** Leaves out points that a neighbour stands for, but for a tenth of them, which this seed chooses. */
  readonly mergeSeed?: string;
  readonly onResult: (result: PointResult) => void;
}

/** Guests that one exploration may lose before it is given up. */
const MOST_GUESTS = 20;

/**
 * Explores a kernel, with another guest where one is lost: its points are inconclusive, and the exploration goes on
 * behind them.
 *
 * @throws GuestError `TOO_MANY_LOST` when guests do not last.
 */
export async function exploreKernel(kernel: Kernel, lab: PlacedLab, request: ExploreRequest): Promise<RaceMap> {
  const { variant, scene = FAULT_SCENE, signal } = request;
  const results: PointResult[] = [];
  for (let guests = 0; guests < MOST_GUESTS; guests++) {
    const explored = new Set(results.map(({ point }) => pointName(point)));
    const options = { ...optionsOf(kernel, request), explored };
    const exploreOne = async (placement: Placement) => ({ anchor: placement.anchor, found: await explore(placement, options) });
    const { anchor, found } = await withPlacement(kernel, lab, signal, exploreOne, scene);
    results.push(...found.results);
    if (found.lost) continue;
    const header = headerOf(request, scene, anchor, found, results);
    return symbolizeMap(raceMap(header, results), sourceLookup(kernel.vmlinux));
  }
  throw new GuestError('TOO_MANY_LOST', `${MOST_GUESTS} guests were lost while ${variant} was explored`);
}

function optionsOf(kernel: Kernel, request: ExploreRequest): ExploreOptions {
  const { hold, swapoffTo = null, choice, range, sample, repeats, signal, onResult } = request;
  return {
    ...{ hold, meanwhile: 'swapoff', swapoffTo, choice, repeats, signal, onResult },
    ...(range === undefined ? {} : { range }),
    ...(sample === undefined ? {} : { sample }),
    ...aheadOf(kernel, request.entries, signal),
    ...mergeOf(kernel, request.mergeSeed, signal),
  };
}

function headerOf(request: ExploreRequest, scene: Scene, anchor: string, { path, merge }: Exploration, results: readonly PointResult[]): MapHeader {
  const { variant, hold, swapoffTo = null, entries } = request;
  return {
    ...{ variant, ...scene, hold, meanwhile: 'swapoff', swapoffTo },
    anchor: path.from ?? anchor,
    pointsAre: entries === undefined ? 'instructions' : 'function entries',
    pathPoints: path.points.length,
    pathEnd: path.end,
    merged: merge === null ? null : mergeSummary(merge, results),
  };
}

/** Calls between a function in which the thread stands and those whose entries become points. */
const CALLS_DEEP = 2;

function aheadOf(kernel: Kernel, entries: ExploreRequest['entries'], signal: AbortSignal): Pick<ExploreOptions, 'ahead'> {
  if (entries === undefined) return {};
  if (entries !== 'call graph') return { ahead: async () => entries };
  return { ahead: (chain) => reachable(chain, CALLS_DEEP, calleeLookup(kernel.vmlinux, signal)) };
}

function mergeOf(kernel: Kernel, seed: string | undefined, signal: AbortSignal): Pick<ExploreOptions, 'merge'> {
  return seed === undefined ? {} : { merge: { disassemble: disassembler(kernel.vmlinux, signal), seed } };
}
