// SPDX-License-Identifier: GPL-2.0-only
import type { PlacedMachine } from '../model/interleave.ts';
import type { Arrival, Runner } from './runner.ts';

/** Between two looks at how much the vCPUs have run; they make no event of it. */
const LOOK_EVERY_MS = 100;
/** A machine that gets no turn at all is given up after this much time of the host for each millisecond of its own. */
const MOST_HOST_FACTOR = 40;

/** A share of vCPU time in which something must happen. */
export class Budget {
  readonly #startedAt = performance.now();

  private constructor(
    private readonly machine: PlacedMachine,
    private readonly endWorkMs: number,
    private readonly hostMs: number,
  ) {}

  static async of(machine: PlacedMachine, workMs: number): Promise<Budget> {
    return new Budget(machine, (await machine.workMs()) + workMs, workMs * MOST_HOST_FACTOR);
  }

  /** The next arrival of what runs; null when the budget is used up first, and it runs on. */
  async awaitArrival(runner: Runner): Promise<Arrival | null> {
    for (;;) {
      const left = this.endWorkMs - (await this.machine.workMs());
      if (left <= 0 || performance.now() - this.#startedAt > this.hostMs) return null;
      const arrival = await runner.awaitAny(Math.min(LOOK_EVERY_MS, Math.max(10, left)));
      if (arrival !== 'none') return arrival;
    }
  }
}
