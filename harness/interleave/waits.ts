// SPDX-License-Identifier: GPL-2.0-only
import { GuestError, UsageError } from '../model/errors.ts';
import type { VcpuControl } from '../model/interleave.ts';
import type { Disassembler } from './disassembly.ts';
import type { ContenderSpec } from './paths.ts';
import type { SymbolTable } from './symbols.ts';

/** One call by which a contender waits, in a kernel's text. */
export interface WaitCall {
  /** `callee in function+0xoffset`: the same in every boot of the kernel. */
  readonly name: string;
  readonly address: bigint;
  /** The instruction as the vmlinux has it. */
  readonly bytes: Buffer;
}

const CALL = 0xe8;
const JUMP = 0xe9;
/** A near call or jump: the opcode and four bytes of displacement. */
const LENGTH = 5;
/** One instruction of five bytes that does nothing; a return, and what is never executed after it. */
const NO_CALL = Buffer.from('0f1f440000', 'hex');
const RETURN = Buffer.from('c390909090', 'hex');

/**
 * The calls by which a contender waits, in the order of the functions and of their addresses. Functions that this
 * kernel does not have, or has inlined, have none.
 */
export async function waitCalls(
  { waits }: Pick<ContenderSpec, 'waits'>,
  symbols: Pick<SymbolTable, 'addressOf'>,
  disassemble: Disassembler,
): Promise<WaitCall[]> {
  const calls: WaitCall[] = [];
  for (const func of waits?.in ?? []) {
    const start = symbols.addressOf(func);
    if (start === null) continue;
    for (const [address, { bytes, text }] of await disassemble(func)) {
      const callee = calleeOf(text);
      if (callee === null || waits?.calls.includes(callee) !== true) continue;
      const at = BigInt(address);
      const name = `${callee} in ${func}+0x${(at - start).toString(16)}`;
      calls.push({ name, address: at, bytes: Buffer.from(bytes, 'hex') });
    }
  }
  return calls;
}

/** Of a direct call, or of a jump to a function's first instruction, which is a call at a function's end. */
function calleeOf(text: string): string | null {
  return /^(?:call|jmp) +(?:0x)?[0-9a-f]+ <([^>+]+)>$/.exec(text)?.[1] ?? null;
}

/** @throws UsageError `NO_SUCH_WAIT` naming those that there are. */
export function waitsNamed(calls: readonly WaitCall[], names: readonly string[]): WaitCall[] {
  return names.map((name) => {
    const found = calls.find((call) => call.name === name);
    if (found !== undefined) return found;
    throw new UsageError('NO_SUCH_WAIT', `The contender does not call ${name}`, {
      hint: `it waits by: ${calls.map((call) => call.name).join(', ') || 'nothing that was found'}`,
    });
  });
}

/**
 * Takes calls away from a kernel that is stopped, by writing over them in its memory.
 *
 * @throws GuestError `NOT_THE_CALL` when the memory does not hold the instruction that the vmlinux has there.
 */
export async function takeAway(vcpus: VcpuControl, thread: number, calls: readonly WaitCall[]): Promise<void> {
  for (const { name, address, bytes } of calls) {
    const there = await vcpus.readMemory(thread, address, LENGTH);
    const [opcode] = there;
    if (!there.equals(bytes) || (opcode !== CALL && opcode !== JUMP)) {
      throw new GuestError('NOT_THE_CALL', `${name}: the guest has ${there.toString('hex')} there`, {
        hint: `the vmlinux has ${bytes.toString('hex')}; the kernel may have patched itself`,
      });
    }
    await vcpus.writeMemory(thread, address, opcode === CALL ? NO_CALL : RETURN);
  }
}
