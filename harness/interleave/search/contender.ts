// SPDX-License-Identifier: GPL-2.0-only
import type { CalleeLookup } from '../calls.ts';
import type { Disassembler } from '../disassembly.ts';
import type { SymbolTable } from '../symbols.ts';

/** The contender, as far as a search follows it. */
export interface ContenderCode {
  readonly func: string;
  /** Addresses of the instructions with which it returns. */
  readonly returns: readonly bigint[];
  /** What it calls and this kernel has as functions of their own. */
  readonly calls: readonly string[];
}

/** @throws UsageError `NO_SUCH_FUNCTION` for a kernel that has none of the functions. */
export async function contenderCode(
  /** Those that may hold its body: compilers put it into the one or the other. */
  bodies: readonly string[],
  symbols: SymbolTable,
  disassemble: Disassembler,
  callees: CalleeLookup,
): Promise<ContenderCode> {
  const { name } = symbols.firstOf(bodies);
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
