// SPDX-License-Identifier: GPL-2.0-only
import type { PlacedMachine } from '../model/interleave.ts';
import type { Budget } from './budget.ts';
import type { Arrival, Runner } from './runner.ts';

/** A machine and what lets its vCPUs run. */
export interface Driven {
  readonly machine: PlacedMachine;
  readonly runner: Runner;
}

/** vCPUs run until an arrival, a whole splat, or the budget's end; stopped in each case. */
export async function runOn(
  { machine, runner }: Driven,
  threads: readonly number[] | 'all',
  budget: Budget,
): Promise<Arrival | 'splat' | 'deadline'> {
  await runner.start(threads);
  const wait = budget.awaitArrival(runner);
  // Whether it fails is seen below; the race may be over before.
  wait.catch(() => undefined);
  const first = await Promise.race([wait, machine.splats.whole().then(() => 'splat' as const)]);
  if (first !== null && first !== 'splat') return first;
  const arrival = await runner.halt();
  await wait;
  if (first === 'splat') return first;
  return arrival ?? (machine.splats.titles().length > 0 ? 'splat' : 'deadline');
}
