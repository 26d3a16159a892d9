// SPDX-License-Identifier: GPL-2.0-only
import { runOk } from '../host/process.ts';
import { anyOf } from './any-of.ts';

/** Functions that one calls, by name. */
export type CalleeLookup = (func: string) => Promise<readonly string[]>;

/** What the compiler calls for its own purposes, and what ends or reports. */
const OVERHEAD = /^(__fentry__|__x86_\w*thunk\w*|__stack_chk_fail|__warn_printk|_printk|panic|dump_stack|\w+\.cold)$/;

/** Locks and counters, whose entries name no place, and differ in number from one run to the next. */
const EVERYWHERE = anyOf([
  ...['_raw_(spin|read|write)_\\w+', '__rcu_read_\\w+', 'rcu_read_unlock_special', 'preempt_schedule\\w*'],
  ...['__mod_\\w+_state', '__count_\\w+', '(__)?cgroup_rstat_updated'],
]);

/** Direct calls of a vmlinux, by `objdump`: those through a pointer are not seen. */
export function calleeLookup(vmlinux: string, signal: AbortSignal): CalleeLookup {
  return async (func) => {
    const args = ['--disassemble=' + func, '--no-show-raw-insn', vmlinux];
    return parseCallees((await runOk('objdump', args, { signal })).stdout);
  };
}

/**
 * Reads what `objdump -d` prints: calls, and jumps to a function's first instruction, which are calls at a function's
 * end.
 */
export function parseCallees(disassembly: string): string[] {
  const calls = disassembly.matchAll(/\t(?:call|jmp) +[0-9a-f]+ <([^>+]+)>/g);
  return [...new Set([...calls].map((match) => match[1] as string))].filter(
    (func) => !OVERHEAD.test(func) && !EVERYWHERE.test(func),
  );
}

/** Functions, and what they call, `depth` calls deep; each once, in the order in which they were found. */
export async function reachable(functions: readonly string[], depth: number, callees: CalleeLookup): Promise<string[]> {
  const found = new Set(functions);
  let latest: readonly string[] = functions;
  for (let level = 0; level < depth; level++) {
    const next: string[] = [];
    for (const func of latest)
      next.push(...(await callees(func)).filter((callee) => !found.has(callee) && found.add(callee)));
    latest = next;
  }
  return [...found];
}
