// SPDX-License-Identifier: GPL-2.0-only
import { runOk } from '../host/process.ts';
import { anyOf } from './any-of.ts';

/** One instruction of a vmlinux. */
export interface Instruction {
  /** Hexadecimal without spaces. */
  readonly bytes: string;
  /** As `objdump` writes it, AT&T: mnemonic, blanks, operands. */
  readonly text: string;
}

/** Instructions of a function by address (hexadecimal, with 0x). */
export type Disassembler = (func: string) => Promise<ReadonlyMap<string, Instruction>>;

/** By `objdump`. A kernel that runs differs from it where it patched itself (alternatives, static keys, fentry). */
export function disassembler(vmlinux: string, signal: AbortSignal): Disassembler {
  return async (func) =>
    parseDisassembly((await runOk('objdump', ['-w', '--disassemble=' + func, vmlinux], { signal })).stdout);
}

/** Reads what `objdump -d -w` prints: address, bytes and text, with tabs between them. */
export function parseDisassembly(listing: string): Map<string, Instruction> {
  const lines = listing.matchAll(/^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$/gm);
  return new Map(
    [...lines].map(([, address, bytes, text]) => [
      `0x${address}`,
      { bytes: (bytes as string).replaceAll(' ', ''), text: (text as string).trim() },
    ]),
  );
}

/**
 * What changes nothing but registers and flags, unless an operand is in memory. Whatever is not here is taken for
 * visible.
 */
const PLAIN = anyOf([
  ...['mov(abs)?[bwlq]?', 'mov[sz]([bw][wlq]|lq)', 'lea[wlq]?', 'cmov\\w+', 'set\\w+', 'xchg', 'bswap'],
  '(add|sub|adc|sbb|and|or|xor|not|neg|cmp|test|inc|dec|shl|sal|shr|sar|rol|ror|imul)[bwlq]?',
  ...['bt[src]?[wlq]?', 'bs[fr][wlq]?', '[lt]zcnt[wlq]?', 'popcnt[wlq]?', 'clt[qd]', 'cwtl', 'cqto'],
  ...['push', 'pop', 'leave', 'jmp', 'j[a-z]{1,3}', 'nop[wl]?', 'endbr64'],
]);
/** Operands that look like memory and are not accessed, or are targets of jumps. */
const NO_ACCESS = /^(lea[wlq]?|nop[wl]?|j\w+)$/;

/**
 * Whether nobody but the thread itself can see that the instruction was executed: it touches registers and the thread's
 * own stack only. Anything that is not known to be so counts as visible.
 */
export function isPrivate(text: string): boolean {
  const [mnemonic = '', ...rest] = text.split(/\s+/);
  if (!PLAIN.test(mnemonic)) return false;
  // What objdump adds: the name of a target, a comment.
  const operands = rest.join(' ').replace(/ *[<#].*$/, '');
  if (operands.includes('*')) return false;
  if (NO_ACCESS.test(mnemonic)) return true;
  return splitOperands(operands).every(isPrivateOperand);
}

/** At commas outside of brackets. */
function splitOperands(operands: string): string[] {
  return operands === '' ? [] : operands.split(/,(?![^(]*\))/);
}

/** A register, a constant, or the stack by its own registers without an index. */
function isPrivateOperand(operand: string): boolean {
  return (
    /^%(?!([cdefgs]s|[cd]r\d+)\b)\w+$/.test(operand) ||
    operand.startsWith('$') ||
    /^(-?0x[0-9a-f]+)?\(%r[sb]p\)$/.test(operand)
  );
}
