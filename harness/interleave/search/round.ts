// SPDX-License-Identifier: GPL-2.0-only
import type { CodePlace } from '../../model/interleave.ts';
import type { Preemption, ContenderMeanwhile } from '../../model/search.ts';
import { Budget } from '../budget.ts';
import type { ChainReader } from '../chains.ts';
import { runOn, type Driven } from '../run-on.ts';
import type { Arrival } from '../runner.ts';
import { stackBase } from '../stack.ts';
import { stepOn } from '../step.ts';
import type { SymbolTable } from '../symbols.ts';
import type { ContenderCode } from './contender.ts';

/** A stopped machine in which the workload runs whenever it is released. */
export interface SearchedMachine extends Driven {
  readonly chains: ChainReader;
  readonly symbols: SymbolTable;
  readonly contender: ContenderCode;
}

/** How long the parts of a round may take, milliseconds that a vCPU runs. */
export interface RoundTimes {
  /** Until a thread reaches the function. */
  readonly arriveMs: number;
  /** The other vCPUs, while the thread is held. */
  readonly holdMs: number;
  /** The held thread alone, while the contender is kept. */
  readonly aloneMs: number;
  /** Everything, after the release: a splat begins in that time. */
  readonly afterMs: number;
  /** Until a splat that has begun is whole. */
  readonly splatMs: number;
}

export const DEFAULT_ROUND_TIMES: RoundTimes = { arriveMs: 200, holdMs: 250, aloneMs: 60, afterMs: 60, splatMs: 3_000 };

/** What one preemption came to. */
export interface RoundOutcome {
  readonly held: CodePlace | null;
  readonly chain: readonly string[];
  readonly contender: ContenderMeanwhile | null;
  readonly splat: string | null;
}

const NOT_HELD: Omit<RoundOutcome, 'splat'> = { held: null, chain: [], contender: null };
/** Stepping, with interrupts masked, gets no further. */
const SLEEPS = ['__schedule', 'schedule'];

/** Which functions threads of a guest reached. */
export interface Census {
  readonly reached: readonly string[];
  /** A splat came before the time was over: others might have been reached. */
  readonly cut: boolean;
}

/**
 * Which of some functions threads reach while the workload runs; a function that none reaches is not worth a round.
 * Ends stopped.
 */
export async function census(searched: SearchedMachine, functions: readonly string[], workMs: number): Promise<Census> {
  const { machine, runner, symbols } = searched;
  const open = new Map(functions.map((func) => [symbols.addressAt(func), func]));
  await runner.insert(...open.keys());
  const budget = await Budget.of(machine, workMs);
  const found = new Set<string>();
  let cut = false;
  while (found.size < open.size) {
    const end = await runOn(searched, 'all', budget);
    cut = end === 'splat';
    if (end === 'deadline' || end === 'splat') break;
    found.add(open.get(end.pc) as string);
    await runner.remove(end.pc);
  }
  await runner.clear();
  return { reached: functions.filter((func) => found.has(func)), cut };
}

/**
 * Catches the first thread that reaches the function, holds it while the others run, and releases all; ends stopped.
 */
export async function preemptOnce(
  searched: SearchedMachine,
  preemption: Preemption,
  times: RoundTimes,
): Promise<RoundOutcome> {
  searched.machine.splats.restart();
  let outcome = NOT_HELD;
  const splat = await followingSplat(searched, times, async () => {
    const caught = await catchThread(searched, preemption, times);
    if (caught !== null) outcome = await holdCaught(searched, caught, preemption, times);
  });
  return { ...outcome, splat };
}

/**
 * Does something with the machine, and lets a splat that has begun become whole: before, its title need not name the
 * function. A crash that takes the machine with it is a splat as well.
 *
 * @returns its title; null where none came.
 */
export async function followingSplat(
  searched: SearchedMachine,
  { splatMs }: Pick<RoundTimes, 'splatMs'>,
  work: () => Promise<void>,
): Promise<string | null> {
  const { splats } = searched.machine;
  try {
    await work();
    if (splats.titles().length > 0) await runFor(searched, 'all', splatMs);
  } catch (error) {
    if (splats.titles().length === 0) throw error;
  }
  return splats.titles()[0] ?? null;
}

async function holdCaught(
  searched: SearchedMachine,
  caught: Arrival,
  preemption: Preemption,
  times: RoundTimes,
): Promise<Omit<RoundOutcome, 'splat'>> {
  const { machine, symbols, chains } = searched;
  const { thread } = caught;
  const pc = await stepAlone(searched, caught, preemption.steps);
  const stack = stackBase(await machine.vcpus.readRegister(thread, 'rsp'));
  const chain = (await chains.chainOf(stack, [thread])).places.map(({ func }) => func);
  const contender = await runOthers(searched, thread, preemption.contenderTo, times);
  if (contender === 'kept') await runOn(searched, [thread], await Budget.of(machine, times.aloneMs));
  await runFor(searched, 'all', times.afterMs * (await machine.vcpus.threads()).length);
  return { held: symbols.place(pc), chain, contender };
}

/** The first thread but the contender's own; null when none comes in time, or a splat comes first. */
async function catchThread(
  searched: SearchedMachine,
  { gapMs, func }: Preemption,
  times: RoundTimes,
): Promise<Arrival | null> {
  const { machine, runner, symbols } = searched;
  const vcpus = await machine.vcpus.threads();
  if ((await runFor(searched, 'all', gapMs * vcpus.length)) === 'splat') return null;
  const address = symbols.addressAt(func);
  await runner.insert(address);
  const budget = await Budget.of(machine, times.arriveMs * vcpus.length);
  try {
    for (;;) {
      const end = await runOn(searched, 'all', budget);
      if (end === 'deadline' || end === 'splat') return null;
      if (end.pc === address && !(await isInContender(searched, end.thread))) return end;
    }
  } finally {
    if (!machine.vcpus.running) await runner.remove(address);
  }
}

async function stepAlone(
  { machine, symbols }: SearchedMachine,
  { thread, pc }: Arrival,
  steps: number,
): Promise<bigint> {
  const sleeps = new Set(SLEEPS.map((name) => symbols.addressOf(name)));
  let at = pc;
  for (let step = 0; step < steps && !sleeps.has(at) && symbols.place(at) !== null; step++)
    at = await stepOn(machine.vcpus, thread, at);
  return at;
}

/** All but one vCPU, until the contender returns or is where it is to be kept. */
async function runOthers(
  searched: SearchedMachine,
  held: number,
  contenderTo: string | null,
  times: RoundTimes,
): Promise<ContenderMeanwhile> {
  const { machine, runner, symbols, contender } = searched;
  const others = (await machine.vcpus.threads()).filter((thread) => thread !== held);
  const keepAt = contenderTo === null ? null : symbols.addressAt(contenderTo);
  const stops = keepAt === null ? contender.returns : [...contender.returns, keepAt];
  await runner.insert(...stops);
  const budget = await Budget.of(machine, times.holdMs * others.length);
  try {
    for (;;) {
      const end = await runOn(searched, others, budget);
      if (end === 'deadline' || end === 'splat') return 'went on';
      if (end.pc !== keepAt) return 'returned';
      if (await isInContender(searched, end.thread)) return 'kept';
    }
  } finally {
    if (!machine.vcpus.running) await runner.remove(...stops);
  }
}

async function isInContender({ machine, chains, contender }: SearchedMachine, thread: number): Promise<boolean> {
  const stack = stackBase(await machine.vcpus.readRegister(thread, 'rsp'));
  return (await chains.chainOf(stack, [thread])).places.some(({ func }) => func === contender.func);
}

/** Runs without any breakpoint; arrivals at some that were taken out meanwhile are none. */
export async function runFor(
  searched: SearchedMachine,
  threads: readonly number[] | 'all',
  workMs: number,
): Promise<'splat' | 'deadline'> {
  const budget = await Budget.of(searched.machine, workMs);
  for (;;) {
    const end = await runOn(searched, threads, budget);
    if (end === 'splat' || end === 'deadline') return end;
  }
}
