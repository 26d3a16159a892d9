// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';
import { either, sequence } from '../pattern.ts';

const IP = { from: 'ip', past: 'fault' } as const;

const NULL_TITLE = 'BUG: unable to handle kernel NULL pointer dereference[ in {f}]';
const PAGING_TITLE = 'BUG: unable to handle kernel paging request[ in {f}]';

/** The first page is never mapped: a structure that is not there, and the offset of a field. */
const LOW_ADDRESS = /^0*[0-9a-f]{1,3}$/;
/** x86 names the address only in CR2 when the first line was lost. */
const CR2 = /^CR2: (?<address>[0-9a-f]{8,16})\b/;
/** s390, which knows the page only. */
const FAILING = /^Failing address: (?<address>[0-9a-f]+)/;
const RANGE = /^(?:KASAN|kasan): (?:maybe |probably )?(?<nature>[\w-]+) in range \[0x(?<address>[0-9a-f]+)/;

/** Traps that a kernel hardly ever takes, by the name that die() prints. */
const OTHER_TRAPS = [
  'int3',
  'debug',
  'overflow',
  'bounds',
  '(?:coprocessor |math )?(?:device not available|segment overrun)',
  'invalid TSS',
  'segment not present',
  'stack[ _]segment',
  'alignment check',
  'simd exception',
  'fpu exception',
  'coprocessor error',
  'spurious interrupt bug',
  'control protection fault',
  'virtualization exception',
  'machine check',
  'Bad pagetable',
  'Bad page table',
  'iret exception',
  'x87 FPU exception',
  'split lock',
  // s390.
  '(?:specification|addressing|operand|data|translation|protection|execute|stack) exception',
  '(?:illegal|privileged) operation',
  'monitor event',
];

const TRAPS = ['oops-number', 'oops-trap', 'invalid-opcode', 'gp-fault', 'page-fault', 'arm64-internal-error'] as const;

/** Traps: what a CPU refuses to do. One oops each, from the first line to `---[ end trace`. */
export const OOPSES: readonly Detector[] = [
  {
    id: 'null-deref',
    printedBy: 'arch/x86/mm/fault.c',
    type: 'null-deref',
    // 4.x: "… dereference at 0000000000000001", "… at (null)"; since 5.0 "…, address: 0000000000000001".
    starts: sequence(
      /^BUG: (?:[Uu]nable to handle )?[Kk]ernel NULL pointer dereference(?: on \w+)?/,
      /(?:,? (?:at|address:)(?: virtual address)? \(?(?:0x)?(?<address>null|[0-9a-f]+)\)?)?/,
    ),
    details: [CR2],
    title: NULL_TITLE,
    blame: IP,
    ending: 'end-trace',
    absorbs: [...TRAPS, 'double-fault'],
  },
  {
    id: 'page-fault',
    printedBy: 'arch/x86/mm/fault.c',
    type: 'page-fault',
    starts: sequence(
      /^BUG: unable to handle (?:kernel )?(?:paging request|page fault)/,
      /(?: (?:at|for address:)(?: virtual address)? (?:0x)?(?<address>[0-9a-f]+))?/,
    ),
    details: [CR2],
    title: PAGING_TITLE,
    blame: IP,
    ending: 'end-trace',
    absorbs: [...TRAPS, 'double-fault'],
  },
  {
    id: 'unable-to-handle',
    printedBy: 'arch/*/mm/fault.c',
    type: 'page-fault',
    starts: either(
      sequence(
        /^(?:BUG: |CPU \d+ )?[Uu]nable to handle (?:kernel |unknown )?/,
        /(?<what>(?:data access|access to user|execut|read|write|paging)[\w -]*?|[\w -]*?(?:access|fault|request))?/,
        /(?: at)?(?: virtual)?(?: address)?:? (?:0x)?(?<address>[0-9a-f]{8,16})(?:, e(?:pc|ra) == .*| RIP:? ?)?$/,
      ),
      /^Unable to handle kernel (?<what2>pointer dereference) in virtual \w+ address space/,
      // The address is on the next line of a report that was folded.
      /^(?:BUG: |CPU \d+ )?Unable to handle kernel (?<what3>\w[\w -]*?) at(?: virtual(?: address)?)?:?$/,
      /^BUG: Unable to handle kernel (?<what4>instruction fetch)(?: \(NULL pointer\?\)| at 0x[0-9a-f]+)?$/,
    ),
    title: 'BUG: unable to handle kernel {what}[ in {f}]',
    details: [FAILING],
    blame: IP,
    ending: 'end-trace',
    absorbs: TRAPS,
    refined: [
      { group: 'address', matches: LOW_ADDRESS, type: 'null-deref', title: NULL_TITLE },
      { group: 'what', matches: /^NULL pointer/, type: 'null-deref', title: NULL_TITLE },
      {
        group: 'what',
        matches: /^paging|page fault|^data access|^pointer|^instruction/,
        type: 'page-fault',
        title: PAGING_TITLE,
      },
      {
        group: 'what',
        matches: /^access to user memory/,
        type: 'page-fault',
        title: 'BUG: unable to handle kernel access to user memory[ in {f}]',
      },
    ],
  },
  {
    id: 'arm64-null-deref',
    printedBy: 'arch/arm64/mm/fault.c',
    type: 'null-deref',
    starts: /^Unable to handle kernel NULL pointer dereference(?: at virtual address (?:0x)?(?<address>[0-9a-f]+))?/,
    title: NULL_TITLE,
    blame: IP,
    ending: 'end-trace',
    absorbs: TRAPS,
  },
  {
    id: 'gp-fault',
    printedBy: 'arch/x86/kernel/traps.c',
    type: 'gp-fault',
    starts: either(
      sequence(
        /^(?:Oops: )?general protection fault/,
        /(?:,? [\w -]*?address (?:0x)?(?<address>[0-9a-f]+)|, [\w -]+)?: [0-9a-f]{4}\b/,
      ),
      /^(?:Oops: )?general protection fault, probably for non-canonical(?: address(?: 0x[0-9a-f]+)?)?:?$/,
      // What KASAN adds; alone where the line before it was left out.
      /^KASAN: (?:maybe |probably )?(?<nature>[\w-]+) in range \[0x(?<address2>[0-9a-f]+)/,
    ),
    details: [RANGE],
    absorbs: ['gp-fault'],
    title: 'general protection fault[ in {f}]',
    blame: IP,
    ending: 'end-trace',
  },
  {
    id: 'divide-error',
    printedBy: 'arch/x86/kernel/traps.c',
    type: 'divide-error',
    starts: /^(?:Oops: )?divide[ _]error: [0-9a-f]{4}\b/,
    title: 'divide error[ in {f}]',
    blame: IP,
    ending: 'end-trace',
  },
  {
    id: 'kernel-bug',
    printedBy: 'lib/bug.c',
    type: 'bug',
    starts: /^[Kk]ernel BUG (?:at (?<file>[^\s:!]+):(?<line>\d+)!|at [0-9a-f]{8,16} \[verbose debug|\[#\d+\])/,
    title: 'kernel BUG[ in {f}]',
    refined: [
      { group: 'file', matches: /list_debug\.c$/, type: 'list-corruption', title: 'BUG: corrupted list[ in {f}]' },
      {
        group: 'file',
        matches: /usercopy\.c$/,
        type: 'memory-corruption',
        title: 'BUG: bad usercopy[ in {f}]',
        blame: { from: 'ip', past: 'fault' },
      },
    ],
    blame: { from: 'ip', past: 'fault' },
    ending: 'end-trace',
    absorbs: TRAPS,
  },
  {
    id: 'invalid-opcode',
    printedBy: 'arch/x86/kernel/traps.c',
    type: 'invalid-opcode',
    starts: /^(?:Oops: )?invalid op(?:code|erand): [0-9a-f]{4}\b/,
    title: 'invalid opcode[ in {f}]',
    blame: IP,
    ending: 'end-trace',
  },
  {
    id: 'stack-guard',
    printedBy: 'arch/x86/kernel/dumpstack.c',
    type: 'stack-overflow',
    starts: /^BUG: (?:(?:TASK|IRQ|NMI|#\w+)\d? )?stack guard page was hit(?: at (?:0x)?(?<address>[0-9a-f]+))?/,
    title: 'BUG: stack guard page was hit[ in {f}]',
    blame: { from: 'recursion', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['stack-overflow', 'double-fault', 'oops-trap', 'oops-number'],
  },
  {
    id: 'stack-overflow',
    printedBy: 'arch/*/kernel/traps.c',
    type: 'stack-overflow',
    starts: either(
      /^(?:[Kk]ernel stack overflow|Thread overran stack|Insufficient stack space to handle exception)/,
      /^(?:do_IRQ: .*overflow|\S+ has overflowed the kernel stack|process '.*' has overflowed its stack)/,
      /^Oops: stack guard page: [0-9a-f]{4}/,
    ),
    title: 'kernel stack overflow[ in {f}]',
    blame: { from: 'recursion', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['double-fault', 'panic', 'arm64-internal-error'],
  },
  {
    id: 'double-fault',
    printedBy: 'arch/x86/kernel/doublefault.c, traps.c',
    type: 'double-fault',
    starts: /^(?:(?:traps: )?PANIC: double fault|(?:Oops: )?double fault: [0-9a-f]{4}\b)/,
    title: 'PANIC: double fault[ in {f}]',
    blame: IP,
    ending: 'end-trace',
    absorbs: ['double-fault', 'panic', 'oops-number'],
  },
  {
    id: 'early-exception',
    printedBy: 'arch/x86/mm/extable.c, head_64.S',
    type: 'page-fault',
    starts: /^PANIC: early exception (?:0x)?[0-9a-f]+ (?:IP|rip) [0-9a-f:]+(?:.* cr2 (?:0x)?(?<address>[0-9a-f]+))?/,
    title: 'PANIC: early exception[ in {f}]',
    blame: IP,
    ending: 'trace',
  },
  {
    id: 'oops-trap',
    printedBy: 'arch/x86/kernel/traps.c',
    type: 'other',
    starts: either(
      new RegExp(`^(?:Oops: )?(?<trap>${OTHER_TRAPS.join('|')}): [0-9a-f]{4} (?:ilc:\\d )?\\[#\\d+\\]`),
      // What MIPS and LoongArch call it, in words.
      /^(?!Oops|Internal error)(?<trap2>[A-Za-z][\w ',()-]{3,60}?)!? ?\[#\d+\]:$/,
    ),
    title: '{trap}[ in {f}]',
    refined: [{ group: 'trap', matches: /^stack segment$/, type: 'other', title: '{trap} fault[ in {f}]' }],
    blame: IP,
    ending: 'end-trace',
  },
  {
    id: 'control-protection',
    printedBy: 'arch/x86/kernel/cet.c',
    type: 'other',
    starts: /^(?:traps: )?Missing ENDBR: (?<func>[\w.]+)/,
    title: 'missing ENDBR[ in {f}]',
    blame: { from: 'headline', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['kernel-bug', 'invalid-opcode', 'oops-trap'],
  },
  {
    // The first line of an oops was lost: four digits of error code are a page fault's.
    id: 'oops-number',
    printedBy: 'arch/x86/mm/fault.c',
    type: 'page-fault',
    // To 2.6.24 without a mark before the number, in 2.4 without the number.
    starts: /^Oops(?:: (?:Oops: )?(?:[0-9a-f]{4}(?: ilc:\d)?|[\w ]+, sig: \d+))? ?\[#?\d+\]|^Oops: [0-9a-f]{4}$/,
    details: [CR2, FAILING],
    title: PAGING_TITLE,
    blame: IP,
    ending: 'end-trace',
    refined: [{ group: 'address', matches: LOW_ADDRESS, type: 'null-deref', title: NULL_TITLE }],
  },
  {
    id: 'arm64-internal-error',
    printedBy: 'arch/arm64/kernel/traps.c',
    type: 'other',
    starts: /^(?:Internal error: |Oops - )(?<what>[^[]*?)(?:: [0-9a-f]+)? \[#\d+\]/,
    title: 'Internal error[ in {f}]',
    blame: IP,
    ending: 'end-trace',
    refined: [
      { group: 'what', matches: /BUG/, type: 'bug', title: 'kernel BUG[ in {f}]' },
      { group: 'what', matches: /undefined instruction/, type: 'invalid-opcode', title: 'Internal error[ in {f}]' },
      { group: 'what', matches: /^Oops$|(?:access|page) fault/, type: 'page-fault', title: PAGING_TITLE },
    ],
  },
  {
    id: 'arm-unhandled-fault',
    printedBy: 'arch/arm*/mm/fault.c',
    type: 'other',
    starts: either(
      /^Unhandled fault: [\w ()-]+? (?:\(0x[0-9a-f]+\) )?at (?:0x)?(?<address>[0-9a-f]+)/,
      /^(?:Alignment trap: not handling instruction|Unhandled prefetch abort: )/,
      /^Bad mode in [\w ]+ (?:handler )?detected/,
    ),
    title: 'Unhandled fault[ in {f}]',
    blame: IP,
    ending: 'end-trace',
    absorbs: ['arm64-internal-error', 'panic'],
  },
  {
    id: 'list-corruption',
    printedBy: 'lib/list_debug.c',
    type: 'list-corruption',
    starts: /^(?:slab: )?list_(?:add|del)(?:_rcu)? (?:corruption|double add)/,
    title: 'BUG: corrupted list[ in {f}]',
    blame: { from: 'ip', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['kernel-bug', 'warning', ...TRAPS],
  },
  {
    id: 'usercopy',
    printedBy: 'mm/usercopy.c',
    type: 'memory-corruption',
    starts: /^usercopy: (?:[Kk]ernel memory (?:exposure|overwrite) attempt detected|[Kk]ernel memory \w+ attempt)/,
    title: 'BUG: bad usercopy[ in {f}]',
    blame: { from: 'ip', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['kernel-bug', 'warning', ...TRAPS],
  },
  {
    id: 'fortify',
    printedBy: 'lib/string_helpers.c',
    type: 'memory-corruption',
    starts: either(
      /^detected buffer overflow in \w+|^detected \w+ overflow/,
      /^[A-Za-z]\w*: detected (?:buffer overflow|field-spanning write)/,
    ),
    title: 'kernel BUG[ in {f}]',
    blame: { from: 'ip', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['kernel-bug', 'warning', ...TRAPS],
  },
];
