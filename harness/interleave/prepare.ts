// SPDX-License-Identifier: GPL-2.0-only
import type { PlacedMachine } from '../model/interleave.ts';
import { ChainReader } from './chains.ts';
import { ControlPage, MODE, type ProgramPlaces } from './control.ts';
import { NotPlacedError, PathNotReachedError } from './errors.ts';
import type { ContenderSpec, PathSpec } from './paths.ts';
import { Runner, type Arrival } from './runner.ts';
import { stackBase } from './stack.ts';
import type { SymbolTable } from './symbols.ts';
import { takeAway, type WaitCall } from './waits.ts';

/** vCPUs by what runs on them (guests/src/common/place.h). */
export const ACTOR = 1;
export const HELD = 2;

/** Name of the snapshot in which the held thread is at the anchor and the actor waits for its order. */
export const ANCHOR = 'anchor';

/** Each step of the preparation is a matter of milliseconds; a machine this slow is stuck. */
const STEP_MS = 30_000;
const SELFTEST_BOUND_NS = 5_000_000_000;
const SELFTEST_STEPS = ['synchronize_rcu', 'a flush of every CPU’s work queue', 'stop_machine'] as const;
/** Leading words of struct vm_fault, in any version: the address is among them. */
const VM_FAULT_WORDS = 8;

/** A machine whose threads are in their places, with a snapshot of that. */
export interface Placement {
  readonly machine: PlacedMachine;
  readonly control: ControlPage;
  readonly runner: Runner;
  readonly chains: ChainReader;
  readonly symbols: SymbolTable;
  readonly path: PathSpec;
  readonly contender: ContenderSpec;
  /** The function at which the path begins in this kernel. */
  readonly anchor: string;
  /** Bases of the threads' kernel stacks. */
  readonly heldStack: bigint;
  readonly actorStack: bigint;
  /** What a held CPU keeps the kernel from doing; null when it keeps it from nothing. */
  readonly starved: string | null;
}

/**
 * Brings the held thread to the anchor and the actor to where it waits, and keeps that state.
 *
 * @param takenAway calls that the kernel is to lack: part of the state that is kept.
 * @throws PathNotReachedError when this kernel's operation does not take the path; NotPlacedError when a thread
 *   does not come where it should.
 */
export async function prepare(
  machine: PlacedMachine,
  places: ProgramPlaces,
  symbols: SymbolTable,
  path: PathSpec,
  contender: ContenderSpec,
  takenAway: readonly WaitCall[] = [],
): Promise<Placement> {
  const { vcpus } = machine;
  await takeAway(vcpus, ACTOR, takenAway);
  const runner = new Runner(vcpus);
  const control = new ControlPage(vcpus, places);
  await actorToItsPlace(runner, control);
  const starved = await selftest(runner, control);
  await actorToItsPlace(runner, control);
  const entry = anchorOf(path, symbols);
  await control.write({ go_held: 1 });
  await heldToAnchor(machine, runner, control, path, entry);
  const heldStack = stackBase(await vcpus.readRegister(HELD, 'rsp'));
  await machine.snapshots.save(ANCHOR);
  const actorStack = await findActorStack(machine, runner, control, symbols, contender);
  return {
    machine,
    control,
    runner,
    chains: new ChainReader(vcpus, symbols),
    symbols,
    path,
    contender,
    anchor: entry.name,
    heldStack,
    actorStack,
    starved,
  };
}

async function actorToItsPlace(
  runner: Runner,
  control: ControlPage,
  threads: readonly number[] | 'all' = 'all',
): Promise<void> {
  const spin = control.addressOf('spin');
  await runner.insert(spin);
  await arrive(runner, threads, spin, 'the contender does not wait for its order');
  await runner.remove(spin);
}

async function arrive(
  runner: Runner,
  threads: readonly number[] | 'all',
  address: bigint,
  problem: string,
): Promise<Arrival> {
  for (;;) {
    await runner.start(threads);
    const arrival = await runner.awaitAny(STEP_MS);
    if (arrival === 'none') throw notPlaced(problem);
    // Of two vCPUs that stop together the stub reports one; the other's stop comes now, and is not what is awaited.
    if (arrival?.pc === address) return arrival;
  }
}

function notPlaced(problem: string): NotPlacedError {
  return new NotPlacedError(problem, {
    hint: 'look at the console log of the guest; a kernel without what the guest program needs says so there',
  });
}

/** Holds CPU 1 outside of every critical section, and sees whether the kernel still gets on. */
async function selftest(runner: Runner, control: ControlPage): Promise<string | null> {
  const [done, bound, woken, begin] = (['selftest_done', 'hold_bound', 'woken', 'hold_begin'] as const).map((mark) =>
    control.addressOf(mark),
  );
  await runner.remove(woken as bigint, begin as bigint);
  await runner.insert(done as bigint, bound as bigint);
  await control.write({ mode: MODE.selftest, hold_bound_ns: SELFTEST_BOUND_NS, go: 1 });
  const first = await runner.run('all', STEP_MS);
  const { selftest: steps } = await control.read();
  if (first?.pc === done) return null;
  // Released, the kernel finishes what the hold kept it from.
  if (first !== null) await arrive(runner, 'all', done as bigint, 'the self-test does not end');
  return SELFTEST_STEPS[steps] ?? 'the end of the self-test';
}

interface Anchor {
  readonly name: string;
  readonly address: bigint;
}

/** @throws PathNotReachedError when the kernel has none of the functions. */
export function anchorOf({ name, anchor }: PathSpec, symbols: SymbolTable): Anchor {
  try {
    return symbols.firstOf(anchor.functions);
  } catch (cause) {
    throw new PathNotReachedError(name, (cause as Error).message, cause);
  }
}

/**
 * The first arrival is not enough: the thread may fault for something else before.
 *
 * @throws PathNotReachedError when the operation ends without it.
 */
export async function heldToAnchor(
  machine: PlacedMachine,
  runner: Runner,
  control: ControlPage,
  path: PathSpec,
  { name, address }: Anchor,
): Promise<void> {
  const end = control.addressOf('held_done');
  await runner.insert(address, end);
  for (;;) {
    // All run: on its way the thread may have to wait for the other CPU, as one that flushes TLBs does.
    await runner.start('all');
    const arrival = await runner.awaitAny(STEP_MS);
    if (arrival === 'none') throw notPlaced('the held thread does not come to the anchor');
    if (arrival?.pc === end) throw new PathNotReachedError(path.name, `the operation came to its end without ${name}`);
    if (arrival?.pc !== address) continue;
    if (path.anchor.match === 'first' || (await isFaultOf(machine.vcpus, control.places.target))) break;
  }
  await runner.remove(address, end);
  await actorToItsPlace(runner, control, [ACTOR]);
}

/** struct vm_fault is the only argument; where in it the address is changed between versions. */
async function isFaultOf(vcpus: PlacedMachine['vcpus'], target: bigint): Promise<boolean> {
  const fault = await vcpus.readMemory(HELD, await vcpus.readRegister(HELD, 'rdi'), VM_FAULT_WORDS * 8);
  return Array.from({ length: VM_FAULT_WORDS }, (_, at) => fault.readBigUInt64LE(at * 8)).includes(target);
}

/** Lets the contender enter the kernel once, to learn its stack, and takes that back. */
async function findActorStack(
  machine: PlacedMachine,
  runner: Runner,
  control: ControlPage,
  symbols: SymbolTable,
  { name, enters }: ContenderSpec,
): Promise<bigint> {
  const entry = symbols.firstOf(enters).address;
  await runner.insert(entry);
  await control.write({ mode: MODE.stall, go: 1 });
  await arrive(runner, [ACTOR], entry, `${name} was not called`);
  const base = stackBase(await machine.vcpus.readRegister(ACTOR, 'rsp'));
  await runner.remove(entry);
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  return base;
}
