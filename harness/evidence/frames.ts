// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../model/splat.ts';
import { either, sequence } from './pattern.ts';

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
}

const NAME = String.raw`(?<symbol>[A-Za-z_$<][^\s+()]*(?: as [^\s+]+>[^\s+]*)?)`;
const SPAN = String.raw`\+0x(?<offset>[0-9a-f]+)(?:\/0x(?<size>[0-9a-f]+))?`;
const MODULE = String.raw`(?: \[(?<module>[\w-]+)(?:\([A-Z]+\))?(?: [0-9a-f]{8,})?\])?`;
const PLACE = String.raw`(?: (?<place>[\w./-]+:\d+)(?: \[inline\])?)?`;
const FILE_LINE = String.raw`(?<place>[\w./-]+:\d+)(?: \[inline\])?`;
const ADDRESS = String.raw`(?:\[<\s*[0-9a-f]+\s*>\]|\[<\s*inline\s*>\]|\[[0-9a-f]{16}\])`;

/** ` [<ffffffff8123>] ? func.isra.0+0x12/0x34 [ext4]`, the bracketed address up to 4.10. */
const SYMBOL_LINE = new RegExp(
  `^\\s*(?:${ADDRESS}\\s*)*(?<doubt>\\? )?${NAME}${SPAN}${MODULE}${PLACE}\\s*(?:\\([A-Z]+\\)|\\(unreliable\\))?$`,
);
/** ` func file.c:12 [inline]` of a decoded log. */
const INLINE_LINE = new RegExp(`^\\s*(?:${ADDRESS}\\s*)*(?<doubt>\\? )?(?<symbol>[A-Za-z_]\\w*) ${FILE_LINE}$`);
/** `[<c0101234>] (func) from [<c0105678>] (caller+0x1/0x2)` and ` func from caller+0x1/0x2` of 32-bit Arm. */
const ARM_LINE = sequence(
  /^\s*(?:\[<[0-9a-f]+>\] \((?<symbol>[\w.$]+)\)|(?<bare>[\w.$]+)(?: \[(?<module>[\w-]+)\])?) from /,
  /(?:\[<[0-9a-f]+>\] \()?[\w.$]+/,
);

const X86_IP = new RegExp(
  `^\\s*(?:RIP|EIP|IP)(?::| is at) *(?:(?<segment>[0-9a-f]{4}):)?\\s*` +
    `(?:${ADDRESS}\\s*)*${NAME}${SPAN}${MODULE}${PLACE}`,
);
const ARM_IP = new RegExp(
  `^\\s*(?:pc : |PC is at |epc : |pc is at )(?:${ADDRESS}\\s*)*${NAME}${SPAN}${MODULE}${PLACE}`,
);
const NO_IP = /^\s*(?:RIP|EIP|IP): *(?:(?<segment>[0-9a-f]{4}):)?/;

/** Suffixes that compilers and LTO add to a function they cloned or split. */
const CLONE_SUFFIX = /(?:\.(?:isra|constprop|cold|part|llvm|lto_priv|cfi|cfi_jt|localalias)(?:\.\d+)*|\.\d+)+$/;

type Groups = Record<string, string | undefined>;

/** A call trace's line as a frame; null when it is none. */
export function parseFrame(line: string): Frame | null {
  const symbol = SYMBOL_LINE.exec(line) ?? INLINE_LINE.exec(line);
  if (symbol?.groups) return toFrame(symbol.groups, false);
  const arm = ARM_LINE.exec(line);
  return arm?.groups ? toFrame({ ...arm.groups, symbol: arm.groups['symbol'] ?? arm.groups['bare'] }, false) : null;
}

/** The instruction pointer that a line of registers names; null for user space, raw addresses and other lines. */
export function parseIp(line: string): Frame | null {
  const match = X86_IP.exec(line) ?? ARM_IP.exec(line);
  return match?.groups && !isUserSegment(match.groups['segment']) ? toFrame(match.groups, true) : null;
}

/** True for `RIP: 0033:…`: the registers of the user space below the trace. */
export function isUserIp(line: string): boolean {
  return isUserSegment(NO_IP.exec(line)?.groups?.['segment']);
}

/** The function without what the compiler appended: `f.isra.0.cold` is `f`. */
export function functionOf(symbol: string): string {
  return symbol.replace(CLONE_SUFFIX, '');
}

function isUserSegment(segment: string | undefined): boolean {
  // The privilege level is in the selector's low two bits; 3 is user space (Xen runs kernels at others).
  return segment !== undefined && (Number.parseInt(segment, 16) & 3) === 3 && segment !== 'e033';
}

function toFrame(groups: Groups, isIp: boolean): Frame {
  const symbol = groups['symbol'] ?? '';
  return {
    func: functionOf(symbol),
    symbol,
    offset: hex(groups['offset']),
    size: hex(groups['size']),
    module: groups['module'] ?? null,
    reliable: groups['doubt'] === undefined,
    isIp,
    location: groups['place'] ?? null,
    inlined: [],
  };
}

function hex(digits: string | undefined): number | null {
  return digits === undefined ? null : Number.parseInt(digits, 16);
}

/** Lines that open a trace, and what the trace then is. The first that matches decides. */
const OPENERS: readonly (readonly [RegExp, TraceKind])[] = [
  [/^\s*NMI backtrace for cpu \d+/, 'cpu'],
  [/^\s*CPU: \d+ (?:UID|PID): /, 'main'],
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
  [/^\s*Kernel panic - not syncing/, 'panic'],
  // Since 5.1 an oops repeats its registers after its end.
  [/^---\[ end trace/, 'panic'],
];

/** True for a line behind which another trace, or another part of the report, begins. */
export function opensTrace(line: string): boolean {
  return OPENERS.some(([pattern]) => pattern.test(line));
}

const CALL_TRACE = /^\s*(?:Call [Tt]race|Backtrace|Stack traceback|Trace):?(?:\s|$)/;
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
  /^(?:tracesys|stub_)/,
);

/**
 * All traces that the lines of one splat hold, in their order.
 * A trace is never empty: it has an instruction pointer or frames.
 */
export function parseTraces(lines: readonly string[]): Trace[] {
  const reader = new TraceReader();
  for (const line of lines) reader.read(line);
  return reader.done();
}

class TraceReader {
  readonly #traces: Trace[] = [];
  #kind: TraceKind = 'main';
  #ip: Frame | null = null;
  #frames: TracedFrame[] = [];
  #stack: Stack = 'task';
  #rooted = false;
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
    this.#content(line.replace(CALL_TRACE, ''));
  }

  #content(line: string): void {
    const mark = STACK_MARKS.find(([pattern]) => pattern.test(line));
    if (mark) this.#stack = mark[1];
    if (/<\/TASK>/.test(line) || isUserIp(line)) this.#rooted = this.#frames.length > 0;
    const ip = parseIp(line);
    if (ip) return this.#instructionPointer(ip);
    const frame = parseFrame(line.replace(MARKER_PREFIX, ''));
    if (!frame) return;
    this.#frames.push({ frame, stack: this.#stack });
    if (ROOTS.test(frame.func)) this.#rooted = true;
  }

  #instructionPointer(ip: Frame): void {
    if (this.#frames.length > 0) this.#frames.push({ frame: ip, stack: this.#stack });
    else this.#ip ??= ip;
  }

  #close(): void {
    if (this.#ip || this.#frames.length > 0) {
      this.#traces.push({ kind: this.#kind, ip: this.#ip, frames: this.#frames, rooted: this.#rooted });
    }
    this.#ip = null;
    this.#frames = [];
    this.#stack = 'task';
    this.#rooted = false;
    this.#kind = 'main';
  }
}
