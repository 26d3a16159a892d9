// SPDX-License-Identifier: GPL-2.0-only
import type { StopEvent, VcpuControl } from '../model/interleave.ts';

/** A vCPU that came to a breakpoint. */
export interface Arrival {
  readonly thread: number;
  readonly pc: bigint;
}

/**
 * Lets vCPUs run from breakpoint to breakpoint. A vCPU that stands at one would meet it again at once; it is stepped
 * past it, but only if its arrival was reported: of two that arrive together the stub reports one.
 */
export class Runner {
  readonly #inserted = new Set<bigint>();
  readonly #reported = new Map<number, bigint>();

  constructor(private readonly vcpus: VcpuControl) {}

  async insert(...addresses: readonly bigint[]): Promise<void> {
    for (const address of addresses) {
      if (this.#inserted.has(address)) continue;
      await this.vcpus.insert({ kind: 'software', address });
      this.#inserted.add(address);
    }
  }

  async remove(...addresses: readonly bigint[]): Promise<void> {
    for (const address of addresses) {
      if (this.#inserted.delete(address)) await this.vcpus.remove({ kind: 'software', address });
    }
  }

  /** Takes every breakpoint out: another debugger is to find none. */
  async clear(): Promise<void> {
    await this.remove(...this.#inserted);
  }

  /** The machine was restored: what its vCPUs had arrived at is forgotten. */
  restored(): void {
    this.#reported.clear();
  }

  /** @returns the next arrival; null when there was none in time, and the vCPUs run on. */
  async run(threads: readonly number[] | 'all', timeoutMs: number): Promise<Arrival | null> {
    await this.start(threads);
    return this.await(timeoutMs);
  }

  async start(threads: readonly number[] | 'all'): Promise<void> {
    for (const thread of threads === 'all' ? await this.vcpus.threads() : threads) await this.#leave(thread);
    this.vcpus.resume(threads);
  }

  /** The next arrival of what was started; null when there was none in time, or another stop came first. */
  async await(timeoutMs: number): Promise<Arrival | null> {
    const arrival = await this.awaitAny(timeoutMs);
    return arrival === 'none' ? null : arrival;
  }

  /** As `await`, telling a stop that is no arrival (null) from none at all. */
  async awaitAny(timeoutMs: number): Promise<Arrival | null | 'none'> {
    const stop = await this.vcpus.waitStop(timeoutMs);
    return stop === null ? 'none' : this.#arrival(stop);
  }

  /** Stops what runs. @returns an arrival that came first; null when none did. */
  async halt(): Promise<Arrival | null> {
    return this.#arrival(await this.vcpus.interrupt());
  }

  async #leave(thread: number): Promise<void> {
    const reported = this.#reported.get(thread);
    this.#reported.delete(thread);
    if (reported === undefined || !this.#inserted.has(reported)) return;
    if ((await this.vcpus.readRegister(thread, 'rip')) === reported) await this.vcpus.step(thread);
  }

  async #arrival(stop: StopEvent): Promise<Arrival | null> {
    if (stop.thread === null) return null;
    const pc = await this.vcpus.readRegister(stop.thread, 'rip');
    if (!this.#inserted.has(pc)) return null;
    this.#reported.set(stop.thread, pc);
    return { thread: stop.thread, pc };
  }
}
