// SPDX-License-Identifier: GPL-2.0-only
import type { CalleeLookup } from '../calls.ts';
import type { Disassembler } from '../disassembly.ts';
import type { SymbolTable } from '../symbols.ts';

/** The function that holds the body of the system call: compilers put it into the one or the other. */
const BODIES = ['__do_sys_swapoff', '__se_sys_swapoff', '__x64_sys_swapoff', 'SyS_swapoff', 'sys_swapoff'];

/** swapoff, as far as a search follows it. */
export interface SwapoffCode {
  readonly func: string;
  /** Addresses of the instructions with which it returns. */
  readonly returns: readonly bigint[];
  /** What it calls and this kernel has as functions of their own. */
  readonly calls: readonly string[];
}

/** @throws UsageError `NO_SUCH_FUNCTION` for a kernel without swapoff. */
export async function swapoffCode(
  symbols: SymbolTable,
  disassemble: Disassembler,
  callees: CalleeLookup,
): Promise<SwapoffCode> {
  const { name } = symbols.firstOf(BODIES);
  const returns = [...(await disassemble(name))]
    .filter(([, { text }]) => isReturn(text))
    .map(([address]) => BigInt(address));
  const calls = (await callees(name)).filter((callee) => symbols.addressOf(callee) !== null);
  return { func: name, returns, calls };
}

/** With return thunks, a return is a jump. */
function isReturn(text: string): boolean {
  return /^(ret[qw]?\b|jmp +[0-9a-f]+ <__x86_return_thunk>)/.test(text);
}
