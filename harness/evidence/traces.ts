// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../model/splat.ts';
import { isUserIp, parseBareFrame, parseFrames, parseIp } from './frames.ts';
import { either } from './pattern.ts';

/** The stack that a frame was on, by the markers that x86 prints around its stacks. */
export type Stack = 'task' | 'irq' | 'exception';

/** A frame with what only the choice of the guilty one needs. */
export interface TracedFrame {
  readonly frame: Frame;
  readonly stack: Stack;
}

/** Why a trace was printed. */
export type TraceKind =
  /** Where it happened. */
  | 'main'
  /** Another CPU, on request (NMI backtraces). */
  | 'cpu'
  /** A sleeping or preempted task, on request. */
  | 'task'
  /** History: where the object was allocated, freed, locked, scheduled from. */
  | 'history'
  /** What is printed after the splat proper: by panic(), or as a summary. */
  | 'panic';

export interface Trace {
  readonly kind: TraceKind;
  /** The registers' instruction pointer, printed before the trace; null when it is in user space or absent. */
  readonly ip: Frame | null;
  readonly frames: readonly TracedFrame[];
  /** True when the trace was followed to the entry into the kernel. */
  readonly rooted: boolean;
  /** True when `Call Trace:` came before it: frames without may be another report's. */
  readonly announced: boolean;
}

/** Lines that open a trace, and what the trace then is. The first that matches decides. */
const OPENERS: readonly (readonly [RegExp, TraceKind])[] = [
  [/^\s*NMI backtrace for cpu \d+/, 'cpu'],
  [/^\s*(?:CPU: \d+ (?:UID|PID): |[Pp]id: \d+, comm: )/, 'main'],
  [/^\s*(?:Allocated by|Freed by|Last potentially related|Second to last|Last call_rcu|Last kmemleak)/, 'history'],
  [/^\s*(?:Uninit was|Local variable|allocated by task|freed by task|Allocated:|Freed:|PID = )/, 'history'],
  [
    /^\s*(?:page last allocated via|page last free|page_owner|Allocated in|Freed in|INFO: Allocated in|INFO: Freed in)/,
    'history',
  ],
  [/^\s*-> #\d+ /, 'history'],
  [/^\s*(?:hardirqs|softirqs) last +(?:en|dis)abled/, 'history'],
  [/^\s*(?:the |to a )?(?:\w+-irq-(?:un)?safe|(?:HARD|SOFT)IRQ-(?:ON|READ|safe|unsafe)).*(?:at:|:)$/i, 'history'],
  [/^\s*\{.*\} (?:state was registered|hooks) at:/, 'history'],
  [/^\s*(?:INITIAL USE|IN-\S+|\S+-ON-\S+)\s+at:/, 'history'],
  [/^\s*Preemption disabled at/, 'history'],
  [/^\s*(?:stack backtrace|the shortest dependencies):?/, 'main'],
  [/^\s*task:\S.* state:/, 'task'],
  [/^\s*\S+ +[RSDTtZXI](?: +running task)? *(?:[0-9a-f]+ +){2,}0x[0-9a-f]+$/, 'task'],
  [/^\s*Kernel panic(?: - not syncing|: )/, 'panic'],
  // Since 5.1 an oops repeats its registers after its end.
  [/^---\[ end trace/, 'panic'],
];

/** True for a line after which another trace, or another part of the report, begins. */
export function opensTrace(line: string): boolean {
  return OPENERS.some(([pattern]) => pattern.test(line));
}

/** True for the line right before a trace's frames. */
export function isCallTrace(line: string): boolean {
  return CALL_TRACE.test(line);
}

/** A trace's line without the stack markers before its first frame. */
export function withoutMarkers(line: string): string {
  return line.replace(MARKER_PREFIX, '');
}

const CALL_TRACE = /^\s*(?:Call [Tt]race|[Bb]acktrace|Stack traceback|Trace)(?: *\([^)]*\))?:?(?:\s|$|(?=[<[]))/;
const STACK_MARKS: readonly (readonly [RegExp, Stack])[] = [
  [/<\/?(?:TASK|\/IRQ|\/NMI|EOI|EOE|\/SOFTIRQ)>|<<EOE>>|<\/(?:IRQ|NMI|SOFTIRQ|#\w+)>/, 'task'],
  [/<(?:IRQ|SOFTIRQ)>/, 'irq'],
  [/<(?:NMI|#\w+|ENTRY_TRAMPOLINE)>|<<?NMI>?>/, 'exception'],
];
/** Markers may share a line with the first frame: ` <IRQ>  [<ffffffff>] func+0x1/0x2` (up to 4.9). */
const MARKER_PREFIX = /^\s*(?:<<?\/?[#A-Za-z_]+>?>\s*)+/;

/** Where a trace ends when the unwinder got through: the ways into the kernel. */
const ROOTS = either(
  /^(?:entry_|ret_from_|secondary_startup|start_kernel|start_secondary|x86_64_start|kernel_thread_helper|el0)/,
  /^(?:__primary_switched|system_call_fastpath|do_syscall_64$|ret_fast_syscall|asm_|sysenter|int_ret_from)/,
  /^(?:tracesys|stub_|sys_call_table|syscall_common|handle_sys|system_call|sysc_|__switch_to_asm)/,
  /^(?:pgm_check_handler|io_int_handler|ret_slow_syscall|__irq_usr|vector_swi|handle_syscall|kthread$|kernel_thread_s)/,
  /^(?:do_trap_ecall_u|handle_exception|smp_bootstrap|hw_syscall|linux_sparc_syscall|__do_kernel_fault_entry)/,
);

/** True for the frame that is a way into the kernel: a trace ends there. */
export function isRoot(line: string): boolean {
  return parseFrames(withoutMarkers(line)).some(({ func }) => ROOTS.test(func));
}

/**
 * All traces that the lines of one splat hold, in their order.
 * A trace is never empty: it has an instruction pointer or frames.
 */
export function parseTraces(lines: readonly string[]): Trace[] {
  const reader = new TraceReader();
  for (const line of lines) reader.read(line);
  return reader.done();
}

/** What lockdep's own trace would have said, where it was lost: the chain to the lock that was to be taken. */
export function lastChain(texts: readonly string[]): Trace[] {
  const from = texts.findLastIndex((text) => /^\s*-> #0 /.test(text));
  return from < 0 ? [] : parseTraces(texts.slice(from)).slice(0, 1);
}

/** True for a line after which names by themselves are no frames: other frames have offsets, or modules follow. */
export function endsBare(line: string): boolean {
  return /^\s*Modules linked in:/.test(line) || parseFrames(withoutMarkers(line)).length > 0;
}

class TraceReader {
  readonly #traces: Trace[] = [];
  #kind: TraceKind = 'main';
  #ip: Frame | null = null;
  #frames: TracedFrame[] = [];
  #stack: Stack = 'task';
  #rooted = false;
  #announced = false;
  /** Names by themselves are frames: `Call Trace:` came, and since then only such. */
  #bare = false;
  #panicked = false;

  read(line: string): void {
    const opened = OPENERS.find(([pattern]) => pattern.test(line))?.[1];
    if (opened !== undefined) this.#open(opened);
    else if (CALL_TRACE.test(line)) this.#callTrace(line);
    else this.#content(line);
  }

  done(): Trace[] {
    this.#close();
    return this.#traces;
  }

  #open(kind: TraceKind): void {
    // The header of a CPU's registers does not say why they are printed; a line before it did. Nor does it
    // part the "IP:" that oopses up to 4.18 print before it from their trace.
    if (kind === 'main' && this.#frames.length === 0 && this.#kind !== 'history') return;
    this.#close();
    if (kind === 'panic') this.#panicked = true;
    this.#kind = this.#panicked && kind === 'main' ? 'panic' : kind;
  }

  #callTrace(line: string): void {
    if (this.#frames.length > 0) {
      const next = this.#kind === 'history' ? 'main' : this.#kind;
      this.#close();
      this.#kind = next;
    }
    this.#announced = true;
    this.#bare = true;
    this.#content(line.replace(CALL_TRACE, ''));
  }

  #content(line: string): void {
    const mark = STACK_MARKS.find(([pattern]) => pattern.test(line));
    if (mark) this.#stack = mark[1];
    if (/<\/TASK>/.test(line) || isUserIp(line)) this.#rooted = this.#frames.length > 0;
    const ip = parseIp(line);
    if (ip) return this.#instructionPointer(ip);
    const frames = parseFrames(withoutMarkers(line));
    const bare = this.#bare && frames.length === 0 ? parseBareFrame(line) : null;
    for (const frame of bare ? [bare] : frames) this.#push(frame);
    this.#bare &&= !endsBare(line);
  }

  /**
   * 32-bit Arm prints every function twice: as a caller with its offset, and as the one called from the next. MIPS and
   * s390 begin their traces with the instruction pointer.
   */
  #push(frame: Frame): void {
    const last = this.#frames.at(-1)?.frame ?? this.#ip;
    const again =
      frame.offset === null ? frame.location === null : this.#frames.length === 0 && last?.offset === frame.offset;
    if (again && last?.symbol === frame.symbol) return;
    this.#frames.push({ frame, stack: this.#stack });
    if (ROOTS.test(frame.func)) this.#rooted = true;
  }

  #instructionPointer(ip: Frame): void {
    if (this.#frames.length > 0) this.#frames.push({ frame: ip, stack: this.#stack });
    else this.#ip ??= ip;
  }

  #close(): void {
    if (this.#ip || this.#frames.length > 0) {
      this.#traces.push({
        kind: this.#kind,
        ip: this.#ip,
        frames: this.#frames,
        rooted: this.#rooted,
        announced: this.#announced,
      });
    }
    this.#ip = null;
    this.#frames = [];
    this.#stack = 'task';
    this.#rooted = false;
    this.#announced = false;
    this.#bare = false;
    this.#kind = 'main';
  }
}
