// SPDX-License-Identifier: GPL-2.0-only
import type { Observation } from '../model/interleave.ts';
import { Budget } from './budget.ts';
import { placeName, withoutInterrupt, type Chain } from './chains.ts';
import { ACTOR, HELD, type Placement } from './prepare.ts';
import type { Arrival } from './runner.ts';
import { stackBase } from './stack.ts';

/** A sample at a function's first instructions lacks its caller; the longest of this many does not. */
const SAMPLES = 5;
const SAMPLE_EVERY_MS = 10;
/** A function that has not returned within this many milliseconds of a vCPU is taken for the one that does not. */
const RETURNS_WITHIN_MS = 150;
const VCPUS = 2;

/** Where both threads of a machine that does not end are, and the function that the held one does not leave. */
export async function diagnose(placement: Placement): Promise<Pick<Observation, 'backtraces' | 'stuckIn'>> {
  const held = await longestSample(placement);
  const names = (chain: Chain): string[] => chain.places.map(placeName);
  const contender = names(await placement.chains.chainOf(placement.actorStack, [ACTOR]));
  return { backtraces: { held: names(held), contender }, stuckIn: await unreturned(placement, held) };
}

async function longestSample({ chains, runner, heldStack }: Placement): Promise<Chain> {
  let longest = own(await chains.chainOf(heldStack, [HELD]));
  for (let sample = 1; sample < SAMPLES; sample++) {
    await runner.start('all');
    await runner.await(SAMPLE_EVERY_MS);
    await runner.halt();
    const chain = own(await chains.chainOf(heldStack, [HELD]));
    if (chain.places.length > longest.places.length) longest = chain;
  }
  return longest;
}

function own(chain: Chain): Chain {
  return { ...chain, places: withoutInterrupt(chain.places) };
}

/** Waits for the chain's functions to return, innermost first; the first that does not is where the thread is stuck. */
async function unreturned(placement: Placement, { places }: Chain): Promise<string | null> {
  const { machine, runner } = placement;
  const returns = places.map(({ address }) => BigInt(address));
  let stuck = 0;
  await runner.insert(...returns.slice(1));
  for (let budget = await Budget.of(machine, RETURNS_WITHIN_MS * VCPUS); ;) {
    await runner.start('all');
    const arrival = (await budget.awaitArrival(runner)) ?? (await runner.halt());
    if (arrival === null) break;
    // Other threads call the same functions, and return from them.
    if (!(await isHeldThread(placement, arrival))) continue;
    const at = returns.indexOf(arrival.pc, stuck + 1);
    if (at < 0) continue;
    stuck = at;
    budget = await Budget.of(machine, RETURNS_WITHIN_MS * VCPUS);
  }
  await runner.remove(...returns.slice(1));
  return places[stuck]?.func ?? null;
}

async function isHeldThread({ machine, heldStack }: Placement, { thread }: Arrival): Promise<boolean> {
  return stackBase(await machine.vcpus.readRegister(thread, 'rsp')) === heldStack;
}
