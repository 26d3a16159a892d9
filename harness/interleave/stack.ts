// SPDX-License-Identifier: GPL-2.0-only
/**
 * Call chains of threads that do not run, read from their kernel stacks. Frames are followed from the outside: the way
 * into the kernel is known (struct pt_regs at the stack's top), and each frame's saved frame pointer is the address of
 * the one outside of it. So no structure of the scheduler needs to be known, only CONFIG_FRAME_POINTER.
 */

/** struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h), in bytes. */
const PT_REGS_BYTES = 168;
const PT_REGS_BP = 32;
const PT_REGS_IP = 128;
const PT_REGS_CS = 136;
const KERNEL_CS = 0x10n;
/** THREAD_SIZE without KASAN; stacks are aligned to it. */
export const STACK_BYTES = 16 * 1024;

/** A stack's memory, all of it. */
export interface StackImage {
  readonly base: bigint;
  readonly bytes: Buffer;
}

/** A place in a chain: a return address, or where an interrupt came. */
export interface StackFrame {
  readonly pc: bigint;
  readonly interrupted: boolean;
}

/** Base of the stack that an address lies on. */
export function stackBase(rsp: bigint): bigint {
  return rsp - (rsp % BigInt(STACK_BYTES));
}

/**
 * The call chain, innermost first. Below the live frames may follow stale ones, of calls that have returned: a thread
 * that was scheduled out has its last live frame in `__schedule`, and callers cut there.
 */
export function unwindFromTop(stack: StackImage, isText: (pc: bigint) => boolean): StackFrame[] {
  // The entry code's call is right below the registers that it pushed, and the callee's saved frame pointer below that.
  let below = stack.bytes.length - PT_REGS_BYTES - 16;
  const entry = wordAt(stack, below + 8);
  if (entry === null || !isText(entry)) return [];
  const frames: StackFrame[] = [{ pc: entry, interrupted: false }];
  let pointer = stack.base + BigInt(below);
  for (let found = inner(stack, pointer, below, isText); found !== null; found = inner(stack, pointer, below, isText)) {
    frames.unshift(found.frame);
    pointer = found.pointer;
    below = found.offset;
  }
  return frames;
}

interface InnerFrame {
  readonly frame: StackFrame;
  /** What the next frame inside will have saved. */
  readonly pointer: bigint;
  readonly offset: number;
}

/** The frame that saved `pointer`. Of several, the highest: stale ones lie below live ones. */
function inner(stack: StackImage, pointer: bigint, below: number, isText: (pc: bigint) => boolean): InnerFrame | null {
  for (let offset = below - 8; offset >= 0; offset -= 8) {
    if (wordAt(stack, offset) !== pointer) continue;
    const regs = offset - PT_REGS_BP;
    const ip = wordAt(stack, regs + PT_REGS_IP);
    if (wordAt(stack, regs + PT_REGS_CS) === KERNEL_CS && ip !== null && isText(ip)) {
      return { frame: { pc: ip, interrupted: true }, pointer: (stack.base + BigInt(regs)) | 1n, offset: regs };
    }
    const back = wordAt(stack, offset + 8);
    if (back !== null && isText(back))
      return { frame: { pc: back, interrupted: false }, pointer: stack.base + BigInt(offset), offset };
  }
  return null;
}

function wordAt(stack: StackImage, offset: number): bigint | null {
  return offset < 0 || offset + 8 > stack.bytes.length ? null : stack.bytes.readBigUInt64LE(offset);
}

/** The call chain of a vCPU that is in the kernel, innermost first, from its registers. */
export function unwindFromRegisters(
  stack: StackImage,
  rip: bigint,
  rbp: bigint,
  isText: (pc: bigint) => boolean,
): StackFrame[] {
  const frames: StackFrame[] = [{ pc: rip, interrupted: false }];
  let pointer = rbp;
  for (;;) {
    const offset = Number(pointer - stack.base);
    const back = wordAt(stack, offset + 8);
    const outer = wordAt(stack, offset);
    if (back === null || outer === null || !isText(back) || outer <= pointer) return frames;
    frames.push({ pc: back, interrupted: false });
    pointer = outer;
  }
}
