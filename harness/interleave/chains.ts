// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type { CodePlace, VcpuControl } from '../model/interleave.ts';
import { anyOf } from './any-of.ts';
import { STACK_BYTES, stackBase, unwindFromRegisters, unwindFromTop, type StackFrame } from './stack.ts';
import type { SymbolTable } from './symbols.ts';

/** Functions through which everything sleeps or is preempted: they do not say what a thread waits for. */
export const SCHEDULING = anyOf([
  ...['__schedule', 'schedule', 'schedule_\\w+', 'preempt_schedule\\w*', 'io_schedule\\w*', 'do_nanosleep'],
  ...['__wait_for_common', 'wait_for_completion\\w*', '__wait_\\w+', 'wait_rcu_gp', 'irqentry_exit\\w*'],
  ...['raw_irqentry_exit_cond_resched', 'asm_\\w+', 'sysvec_\\w+', '(asm_)?common_interrupt', '__cond_resched'],
  ...['_cond_resched', 'preempt_count_\\w+', '__raw_spin\\w*'],
]);

/** A thread's call chain, innermost first. */
export interface Chain {
  readonly places: readonly CodePlace[];
  /** True for a thread that was scheduled out. */
  readonly scheduledOut: boolean;
  /** Of the whole stack: a thread that has not run since has the same. */
  readonly digest: string;
}

/** Reads call chains of a stopped machine's threads. */
export class ChainReader {
  constructor(
    private readonly vcpus: VcpuControl,
    private readonly symbols: SymbolTable,
  ) {}

  /** The chain of the thread whose kernel stack this is, on whichever of `threads` it may run. */
  async chainOf(base: bigint, threads: readonly number[]): Promise<Chain> {
    const bytes = await this.vcpus.readMemory(1, base, STACK_BYTES);
    const digest = createHash('sha1').update(bytes).digest('hex');
    const stack = { base, bytes };
    for (const thread of threads) {
      const rsp = await this.vcpus.readRegister(thread, 'rsp');
      if (stackBase(rsp) !== base) continue;
      const rip = await this.vcpus.readRegister(thread, 'rip');
      const rbp = await this.vcpus.readRegister(thread, 'rbp');
      return {
        places: this.#places(unwindFromRegisters(stack, rip, rbp, (pc) => this.#isText(pc))),
        scheduledOut: false,
        digest,
      };
    }
    return { ...liveChain(this.#places(unwindFromTop(stack, (pc) => this.#isText(pc)))), digest };
  }

  #isText(pc: bigint): boolean {
    return this.symbols.place(pc) !== null;
  }

  #places(frames: readonly StackFrame[]): CodePlace[] {
    return frames.flatMap(({ pc }) => this.symbols.place(pc) ?? []);
  }
}

/** Cuts stale frames: those inside of the outermost `__schedule`. */
export function liveChain(places: readonly CodePlace[]): Omit<Chain, 'digest'> {
  const at = places.findLastIndex((place) => place.func === '__schedule');
  return at < 0 ? { places, scheduledOut: false } : { places: places.slice(at), scheduledOut: true };
}

/** What a thread was doing when it went to sleep or was preempted: its innermost place outside of the scheduler. */
export function waitingPlace(chain: Pick<Chain, 'places'>): CodePlace | null {
  return chain.places.find((place) => !SCHEDULING.test(place.func)) ?? null;
}

export type Activity =
  /** Gave the CPU away by itself, in this function. */
  | { readonly kind: 'asleep'; readonly in: string }
  /** Runs, or would if its CPU were free; the system call or fault that it is in. */
  | { readonly kind: 'busy'; readonly in: string }
  /** Not in the kernel on its own account. */
  | { readonly kind: 'user' };

/** The functions between a system call or a page fault and its entry code, outermost last. */
const ENTRY = anyOf([
  ...['entry_SYSCALL_64\\w*', 'do_syscall_64', 'x64_sys_call', 'ret_from_fork\\w*', 'asm_exc_page_fault'],
  ...['exc_page_fault', 'do_user_addr_fault'],
]);
const INTERRUPT = /^(asm_(?!exc_page_fault$)\w+|sysvec_\w+|common_interrupt|irqentry_\w+)$/;

/** What a thread was doing. One that an interrupt took the CPU from does not sleep. */
export function activityOf(chain: Omit<Chain, 'digest'>): Activity {
  const call = chain.places.filter((place) => !ENTRY.test(place.func)).at(-1)?.func;
  if (call === undefined || INTERRUPT.test(call)) return { kind: 'user' };
  const interrupted = chain.places.some((place) => INTERRUPT.test(place.func));
  const place = waitingPlace(chain);
  return chain.scheduledOut && !interrupted && place !== null
    ? { kind: 'asleep', in: place.func }
    : { kind: 'busy', in: call };
}

/** A chain without the interrupt that came on top of it, whatever that led to: what the thread does by itself. */
export function withoutInterrupt(places: readonly CodePlace[]): readonly CodePlace[] {
  return places.slice(places.findLastIndex((place) => /^asm_(sysvec_\w+|common_interrupt)$/.test(place.func)) + 1);
}

/** `func+0x12`. */
export function placeName({ func, offset }: Pick<CodePlace, 'func' | 'offset'>): string {
  return offset === 0 ? func : `${func}+0x${offset.toString(16)}`;
}
