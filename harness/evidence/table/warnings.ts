// SPDX-License-Identifier: GPL-2.0-only
import type { Detector, Refinement } from '../detector.ts';
import { either, sequence } from '../pattern.ts';

const HEADLINE = { from: 'headline', past: 'fault' } as const;

/** What WARN() is used for by code that only checks others: named after the check. */
const CHECKERS: readonly Refinement[] = [
  { group: 'file', matches: /(?:^|\/)refcount\.[ch]$/, type: 'refcount', title: 'WARNING: refcount bug[ in {f}]' },
  { group: 'file', matches: /lib\/debugobjects\.c$/, type: 'memory-corruption', title: 'WARNING: ODEBUG bug[ in {f}]' },
  { group: 'file', matches: /lib\/list_debug\.c$/, type: 'list-corruption', title: 'BUG: corrupted list[ in {f}]' },
  { group: 'file', matches: /lib\/string_helpers\.c$/, type: 'memory-corruption', title: 'WARNING[ in {f}]' },
  { group: 'file', matches: /mm\/usercopy\.c$/, type: 'memory-corruption', title: 'WARNING: bad usercopy[ in {f}]' },
  { group: 'file', matches: /mm\/(?:slab_common|util)\.c$/, type: 'warning', title: 'WARNING: kmalloc bug[ in {f}]' },
  { group: 'file', matches: /lib\/kobject\.c$/, type: 'warning', title: 'WARNING: kobject bug[ in {f}]' },
  {
    group: 'file',
    matches: /kernel\/locking\/(?:lockdep|mutex|rwsem|rtmutex)\S*$/,
    type: 'lockdep',
    title: 'WARNING: locking bug[ in {f}]',
    blame: { from: 'headline', past: 'lock' },
  },
];

/** WARN() and its relatives. */
export const WARNINGS: readonly Detector[] = [
  {
    // To 4.x the watchdog used WARN() for a CPU that hangs; where the message stood changed.
    id: 'watchdog-warning',
    printedBy: 'kernel/watchdog.c, watchdog_hld.c',
    type: 'hard-lockup',
    starts: sequence(
      /^WARNING: (?:CPU: (?<cpu>\d+) PID: \d+ )?at \S*kernel\/watchdog(?:_hld)?\.c:\d+/,
      /(?: watchdog_overflow_callback\S*| *$)/,
    ),
    title: 'BUG: hard lockup[ in {f}]',
    blame: { from: 'stall', past: 'stall' },
    ending: 'end-trace',
    absorbs: ['hard-lockup'],
  },
  {
    id: 'warning',
    printedBy: 'kernel/panic.c, __warn()',
    type: 'warning',
    // 4.0: "WARNING: CPU: 1 PID: 2 at file:3 func+0x1/0x2()"; 4.5: without (); 6.18: "WARNING: file:3 at func+0x1/0x2,
    // CPU#1: comm/2".
    starts: either(
      sequence(
        /^WARNING: CPU: (?<cpu>\d+) PID: (?<pid>-?\d+) at(?:$| (?:(?<file>[^\s:]+):\d+|\S+)?)/,
        /(?: (?<func>[\w.$]+)(?:\+0x[0-9a-f]+\/0x[0-9a-f]+| \(\S+:\d+| \S+ \[inline\]$|$))?/,
      ),
      sequence(
        /^WARNING: (?:\[.*\] )?(?:(?<file2>[\w./-]+):\d+ )?/,
        /at (?:(?<func2>[A-Za-z_][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+|\S+?)(?: \S+:\d+)?(?:,| \[)/,
        /.*CPU#(?<cpu2>\d+): (?<comm>.+)\/(?<pid2>\d+)$/,
      ),
      /^WARNING: (?<file4>[\w./-]+\.[chS]):\d+ at (?<func4>[A-Za-z_][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[\S+\])?$/,
      /^WARNING: at (?:0x)?[0-9a-f]{8,16} \[verbose debug info unavailable\]/,
      // To 3.10, and on other machines to 4.6.
      /^WARNING: at (?<file3>[^\s:]+):\d+(?:[ /](?<func3>[\w.$]+)(?:\+0x[0-9a-f]+\/0x[0-9a-f]+)?(?:\(\))?)?/,
    ),
    title: 'WARNING[ in {f}]',
    blame: HEADLINE,
    ending: 'end-trace',
    // Up to 4.19 the message of a WARN() came after its headline.
    absorbs: ['refcount', 'odebug', 'list-corruption', 'usercopy', 'fortify', 'hard-lockup'],
    refined: CHECKERS,
  },
  {
    id: 'refcount',
    printedBy: 'lib/refcount.c',
    type: 'refcount',
    starts: /^refcount_t: /,
    title: 'WARNING: refcount bug[ in {f}]',
    blame: { from: 'ip', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['warning'],
  },
  {
    id: 'odebug',
    printedBy: 'lib/debugobjects.c',
    type: 'memory-corruption',
    starts: either(
      /^ODEBUG: (?!Out of memory|selftest|\d+ of|active|.*pool)[\w ]+ \(?active state/,
      /^ODEBUG: (?:free|init|activate|assert_init|object) /,
    ),
    title: 'WARNING: ODEBUG bug[ in {f}]',
    blame: { from: 'trace', past: 'fault' },
    ending: 'end-trace',
    absorbs: ['warning'],
  },
  {
    id: 'msr-access',
    printedBy: 'arch/x86/mm/extable.c, ex_handler_msr()',
    type: 'warning',
    starts: sequence(
      /^unchecked MSR access error: (?:RDMSR from|WRMSR to) 0x[0-9a-f]+/,
      /(?: \(tried to write 0x[0-9a-f]+\))?(?: at rIP: |$)/,
    ),
    title: 'unchecked MSR access error[ in {f}]',
    blame: { from: 'trace', past: 'fault' },
    ending: 'message',
  },
  {
    id: 'bad-unwind',
    printedBy: 'arch/x86/kernel/unwind_frame.c, unwind_orc.c',
    type: 'warning',
    starts: either(
      /^WARNING: (?<what>kernel stack (?:regs|frame pointer)) (?:has|at\s+\S+ in \S+ has) bad/,
      /^WARNING: (?<what2>can't (?:access registers|dereference))/,
      /^WARNING: stack (?<what3>recursion|going in the wrong direction)/,
    ),
    title: 'WARNING: bad kernel stack',
    blame: { from: 'nobody', past: 'fault' },
    ending: 'line',
  },
];
