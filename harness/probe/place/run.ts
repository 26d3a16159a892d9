// SPDX-License-Identifier: GPL-2.0-only
import { availableParallelism } from 'node:os';
import { calleeLookup, reachable } from '../../interleave/calls.ts';
import { disassembler } from '../../interleave/disassembly.ts';
import { explore, type ExploreOptions, type PointShare } from '../../interleave/explore.ts';
import type { Placement } from '../../interleave/prepare.ts';
import { GuestError, unsuppressed, UsageError } from '../../model/errors.ts';
import type { PointResult } from '../../model/interleave.ts';
import type { Step, StepEnd } from '../../model/probe.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import type { Scene } from '../../interleave/program.ts';
import { waitsOf, withPlacement } from './guest.ts';
import { readRace } from '../../race/read.ts';
import { endOf } from '../../lab/end-of.ts';
import type { Stage } from '../stage.ts';
import { PointWriter } from './files.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';

/** Boots a guest, places the race in it and hands it over; everything is gone when `use` has ended. */
export type Place = <T>(
  probe: PlaceSpec,
  stage: Stage,
  consoleLog: string,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
  /** Calls of the contender that the kernel is to lack. */
  without: readonly string[],
) => Promise<T>;

const inGuest: Place = (probe, { kernel, lab }, consoleLog, signal, use, without) =>
  withPlacement(kernel, lab, signal, use, sceneOf(probe, lab), consoleLog, without);

function sceneOf({ race, path, meanwhile, backend }: PlaceSpec, { guestsDir }: Stage['lab']): Scene {
  return { race: readRace(guestsDir, race.name), path, meanwhile, backend };
}

/** How a step ended that asks for what its kernel does not have. */
export const NOT_PLACED = 'not-placed';

/** Guests that one step may lose before it is given up. */
const MOST_GUESTS = 20;
/** Two vCPUs need two processors to make headway next to others. */
const CPUS_A_GUEST = 2;

/**
 * Explores, keeping each point as soon as it is known; what an earlier start kept is not explored again. Whatever ends
 * it, its map is that of the points that it had.
 *
 * @throws what concerns more than this step: InterruptedError, HostError, and the signal's reason.
 */
export async function runPlaced(
  step: Step<PlaceArgs>,
  probe: PlaceSpec,
  stage: Stage,
  place: Place = inGuest,
): Promise<StepEnd> {
  const startedAt = new Date().toISOString();
  const ended = ({ kind, message }: { readonly kind: string; readonly message: string }): StepEnd => ({
    ...{ kind, message, startedAt, detail: null },
    guestBuildId: kind === 'completed' ? step.buildId : null,
    endedAt: new Date().toISOString(),
  });
  try {
    await new Exploration(step.args, probe, stage, await PointWriter.open(stage.files), place).run();
    return ended({ kind: 'completed', message: '' });
  } catch (thrown) {
    stage.signal.throwIfAborted();
    const error = unsuppressed(thrown);
    const end = endOf(error);
    if (end !== null) return ended({ message: '', ...end });
    // What this kernel does not have, or has under another name.
    if (error instanceof UsageError) return ended({ kind: NOT_PLACED, message: error.message });
    throw error;
  }
}

/** One step on its way: guests side by side, and another one where one is lost. */
class Exploration {
  /** Points that need no further attempt, by name: those with all their attempts, and inconclusive ones. */
  readonly #explored = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #taken = new Set<string>();
  #guest = 0;
  #points = 0;

  constructor(
    private readonly args: PlaceArgs,
    private readonly probe: PlaceSpec,
    private readonly stage: Stage,
    private readonly writer: PointWriter,
    private readonly place: Place,
  ) {}

  async run(): Promise<void> {
    await this.#takeUp();
    if (this.probe.mutants === true) {
      const { kernel, lab, signal } = this.stage;
      await this.writer.writeWaits(await waitsOf(kernel, sceneOf(this.probe, lab), signal));
    }
    const guests = this.probe.atOnce ?? Math.max(1, Math.floor(availableParallelism() / CPUS_A_GUEST));
    const { index, of } = this.args.share;
    const shares = Array.from({ length: guests }, (_, at): PointShare => ({ index: index + of * at, of: of * guests }));
    if (guests > 1) await sideBySide(this.stage.signal, shares, (signal, share) => this.#explore(signal, share));
    // Guests may go along the path a little differently: what only a last one's path has is explored as well.
    await this.#explore(this.stage.signal, this.args.share);
  }

  /** What an earlier start left. A point without all of its attempts gets them all again. */
  async #takeUp(): Promise<void> {
    const { results, guests } = await this.writer.kept();
    for (const result of results) this.#note(result);
    for (const [name, attempts] of this.#attempts) if (attempts < this.args.repeats) this.#explored.delete(name);
    this.#attempts.clear();
    this.#guest = guests;
    if (results.length > 0)
      this.stage.emit({ kind: 'note', message: `resuming: ${this.#points} points already explored` });
  }

  #note({ point, outcome }: PointResult): void {
    const name = pointName(point);
    const attempts = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempts);
    if (attempts === 1) this.#points++;
    if (attempts >= this.args.repeats || outcome.kind === 'inconclusive') this.#explored.add(name);
  }

  async #explore(signal: AbortSignal, share: PointShare): Promise<void> {
    const options = { ...this.#options(signal), share };
    for (let lost = 0; lost < MOST_GUESTS; lost++) {
      const consoleLog = this.writer.consoleLog(this.#guest++);
      const use = (placement: Placement) => explore(placement, options);
      if (!(await this.place(this.probe, this.stage, consoleLog, signal, use, this.args.without)).lost) return;
    }
    throw new GuestError('TOO_MANY_LOST', `${MOST_GUESTS} guests were lost while ${this.probe.path} was explored`);
  }

  #options(signal: AbortSignal): ExploreOptions {
    const { contenderTo, points, range, sample, entries, mergeSeed } = this.probe;
    const { vmlinux } = this.stage.kernel;
    return {
      hold: this.args.hold,
      contenderTo,
      choice: points,
      range,
      repeats: this.args.repeats,
      signal,
      explored: this.#explored,
      taken: this.#taken,
      onPath: (path) => this.writer.writePath(path),
      onResult: (result) => this.#keep(result),
      ...(sample === null ? {} : { sample }),
      ...(entries === null ? {} : { ahead: aheadOf(entries, vmlinux, signal) }),
      ...(mergeSeed === null ? {} : { merge: { disassemble: disassembler(vmlinux, signal), seed: mergeSeed } }),
    };
  }

  async #keep(result: PointResult): Promise<void> {
    await this.writer.append(result);
    this.#note(result);
    this.stage.progress(`${this.#points} points, ${pointName(result.point)}: ${outcomeKey(result.outcome)}`);
  }
}

/** Calls between a function in which the thread stands and those whose entries become points. */
const CALLS_DEEP = 2;

function aheadOf(
  entries: NonNullable<PlaceSpec['entries']>,
  vmlinux: string,
  signal: AbortSignal,
): NonNullable<ExploreOptions['ahead']> {
  if (entries !== 'call graph') return async () => entries;
  return (chain) => reachable(chain, CALLS_DEEP, calleeLookup(vmlinux, signal));
}

/** All at once; the first that fails ends the others. @throws what it failed with. */
async function sideBySide<T>(
  signal: AbortSignal,
  items: readonly T[],
  work: (signal: AbortSignal, item: T) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const one = (item: T): Promise<void> =>
    work(either, item).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  await Promise.allSettled(items.map(one));
  if (failed.signal.aborted) throw failed.signal.reason;
}
