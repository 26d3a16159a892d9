// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';
import { sequence } from '../pattern.ts';

const LOCK = { from: 'headline', past: 'lock' } as const;

/**
 * Where the lock was taken that should not have been: on the line of the lock, or alone on the next one. The first of
 * them counts; the locks that are only held have a number before them.
 */
const TAKEN_AT = [
  /^(?!\s*#\d+:).*\bat: (?:\[<[0-9a-f]+>\])?\s*(?<func>[A-Za-z_][\w.]*)\+0x/,
  /^(?:\[<[0-9a-f]+>\]\s*)?(?<func>[A-Za-z_][\w.]*)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \S+)?$/,
];
/** For locks that nobody should hold any more: where the innermost was taken. */
const HELD_SINCE = [/^\s*#0: .*\bat: (?:\[<[0-9a-f]+>\] )?(?<func>[A-Za-z_][\w.]*)\+0x/];
const DEADLOCK = 'possible deadlock[ in {f}]';

/** Up to 4.10 `[ INFO: … ]` or `[ BUG: … ]` in brackets, then `WARNING: …`, with few exceptions. */
function banner(text: string): RegExp {
  return new RegExp(`^(?:\\[ )?(?<word>INFO|BUG|WARNING): ${text}`);
}

interface LockEntry {
  readonly id: string;
  readonly starts: RegExp;
  readonly title: string;
  /** Lines that name the guilty function; absent where the trace alone does. */
  readonly named?: readonly RegExp[];
  /** Printed without a trace. */
  readonly message?: true;
  /** No function is to blame. */
  readonly nobody?: true;
}

/** Lock validation. Whole once the trace of the final "stack backtrace:" is. */
export const LOCKING: readonly Detector[] = (<readonly LockEntry[]>[
  { id: 'circular-locking', starts: banner('possible circular locking dependency'), title: DEADLOCK, named: TAKEN_AT },
  { id: 'recursive-locking', starts: banner('possible recursive locking'), title: DEADLOCK, named: TAKEN_AT },
  { id: 'irq-lock-inversion', starts: banner('possible irq lock inversion'), title: DEADLOCK, named: TAKEN_AT },
  {
    id: 'irq-unsafe-order',
    starts: banner('(?:HARD|SOFT)IRQ-(?:READ-)?safe -> (?:HARD|SOFT)IRQ-(?:READ-)?unsafe lock order'),
    title: DEADLOCK,
    named: TAKEN_AT,
  },
  {
    id: 'irq-safe-order',
    starts: banner('(?:reclaim|fs-reclaim|RECLAIM_FS)-(?:READ-)?safe -> '),
    title: DEADLOCK,
    named: TAKEN_AT,
  },
  {
    id: 'deadlock-bug',
    starts: banner('(?:circular|recursive) locking (?:deadlock|dependency)'),
    title: DEADLOCK,
    named: TAKEN_AT,
  },
  {
    id: 'inconsistent-lock',
    starts: banner('inconsistent (?:\\{[^}]*\\} usage|lock state)'),
    title: 'inconsistent lock state[ in {f}]',
    named: TAKEN_AT,
  },
  {
    id: 'suspicious-rcu',
    // To 3.1 by the check that failed.
    starts: banner('suspicious (?:RCU|rcu_\\w+\\(\\)) usage'),
    title: 'WARNING: suspicious RCU usage[ in {f}]',
  },
  {
    id: 'bad-unlock',
    starts: banner('bad unlock balance'),
    title: 'WARNING: bad unlock balance[ in {f}]',
    named: TAKEN_AT,
  },
  { id: 'bad-contention', starts: banner('bad contention'), title: 'WARNING: bad contention[ in {f}]' },
  { id: 'held-lock-freed', starts: banner('held lock freed'), title: 'WARNING: held lock freed[ in {f}]' },
  {
    id: 'nested-lock',
    starts: banner('Nested lock was not taken'),
    title: 'WARNING: nested lock was not taken[ in {f}]',
    named: TAKEN_AT,
  },
  {
    id: 'wait-context',
    starts: banner('Invalid wait context'),
    title: 'BUG: Invalid wait context[ in {f}]',
    named: TAKEN_AT,
  },
  {
    id: 'lock-to-user',
    starts: banner('lock held (?:when returning to user space|at task exit time)'),
    title: 'WARNING: lock held when returning to user space[ in {f}]',
    named: HELD_SINCE,
    message: true,
  },
  {
    id: 'locks-still-held',
    starts: banner('(?:\\S+\\/\\d+ )?still has locks held'),
    title: 'WARNING: still has locks held[ in {f}]',
    named: HELD_SINCE,
  },
  {
    id: 'non-static-key',
    starts: /^INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key[ in {f}]',
  },
  {
    id: 'lockdep-limit',
    starts: /^BUG: (?<limit>MAX_(?:LOCK\w*|STACK_TRACE\w*|LOCKDEP\w*)|\w*LOCKDEP\w*) too low/,
    title: 'BUG: {limit} too low',
    nobody: true,
  },
  {
    id: 'spinlock',
    starts: sequence(
      /^BUG: (?<kind>spin|rw|raw_spin|local_)lock /,
      /(?<what>bad magic|already unlocked|wrong (?:owner|CPU)|(?:cpu )?recursion|lockup(?: suspected)?|trylock)/,
    ),
    title: 'BUG: {kind}lock {what}[ in {f}]',
  },
  {
    id: 'workqueue-leak',
    starts: /^BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU)/,
    title: 'BUG: workqueue leaked lock or atomic[ in {f}]',
    named: [/^\s*last function: (?<func>[A-Za-z_][\w.]*)/],
  },
]).map(({ id, starts, title, nobody, named, message }) => ({
  id,
  printedBy: 'kernel/locking/',
  type: 'lockdep' as const,
  starts,
  title,
  blame: nobody ? ({ from: 'nobody', past: 'lock' } as const) : LOCK,
  ending: message ? ('message' as const) : ('trace' as const),
  details: named ?? [],
  // Only the banners of lockdep proper print chains first; the others go straight to their trace.
  ...(starts.source.includes('?<word>')
    ? { traceAfter: /^(?:[Ss]tack backtrace:?|CPU: \d+ |[Pp]id: \d+, comm: |Call [Tt]race:)/ }
    : {}),
}));

/** Where preemption was disabled is a frame as well, printed before the trace. */
const OWN_TRACE = /^\s*(?:CPU: \d+ |Call [Tt]race|Backtrace|Kernel panic)/;

/** Code that must not sleep, or must not be preempted, where it did. */
export const ATOMICITY: readonly Detector[] = [
  {
    id: 'sleeping-in-atomic',
    printedBy: 'kernel/sched/core.c, __might_resched()',
    type: 'atomic-sleep',
    starts: sequence(
      /^BUG: (?:sleeping function called from invalid|assuming (?:atomic|non migratable)) context /,
      /at(?: (?<file>\S+?):\s?\d+|\s*$)/,
    ),
    title: 'BUG: sleeping function called from invalid context[ in {f}]',
    blame: { from: 'trace', past: 'sleep' },
    ending: 'trace',
    traceAfter: OWN_TRACE,
  },
  {
    id: 'scheduling-while-atomic',
    printedBy: 'kernel/sched/core.c, __schedule_bug()',
    type: 'atomic-sleep',
    starts: /^BUG: scheduling while atomic: (?<comm>.+)\/(?<pid>\d+)\/0x[0-9a-f]+/,
    title: 'BUG: scheduling while atomic[ in {f}]',
    blame: { from: 'trace', past: 'sleep' },
    ending: 'trace',
    traceAfter: OWN_TRACE,
  },
  {
    id: 'preemptible-smp-id',
    printedBy: 'lib/smp_processor_id.c',
    type: 'bug',
    starts: /^BUG: using (?<what>\w+(?:\(\))?) in preemptible(?: \[[0-9a-f]+\])? code: (?<comm>.+)\/(?<pid>\d+)/,
    title: 'BUG: using {what} in preemptible code[ in {f}]',
    blame: { from: 'trace', past: 'lock' },
    ending: 'trace',
    traceAfter: OWN_TRACE,
  },
];
