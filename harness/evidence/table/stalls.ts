// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';
import { either, sequence } from '../pattern.ts';

const STALL = { from: 'stall', past: 'stall' } as const;

/** What no longer makes progress. Several CPUs and tasks print their part. */
export const STALLS: readonly Detector[] = [
  {
    id: 'rcu-stall',
    printedBy: 'kernel/rcu/tree_stall.h',
    type: 'rcu-stall',
    starts: /^(?:rcu: )?INFO: (?<flavour>s?rcu\w*)(?: self-detected| detected)(?: expedited)? stalls? on /,
    title: 'INFO: rcu detected stall[ in {f}]',
    blame: STALL,
    ending: 'trace',
    spansContexts: true,
    absorbs: ['rcu-stall', 'rcu-starved'],
  },
  {
    id: 'rcu-starved',
    printedBy: 'kernel/rcu/tree_stall.h',
    type: 'rcu-stall',
    starts: /^(?:rcu: )?(?<flavour>rcu\w*) (?:kthread|grace-period kthread) starved for /,
    title: 'INFO: rcu detected stall[ in {f}]',
    blame: STALL,
    ending: 'trace',
    spansContexts: true,
    absorbs: ['rcu-starved'],
  },
  {
    id: 'soft-lockup',
    printedBy: 'kernel/watchdog.c',
    type: 'soft-lockup',
    starts: sequence(
      /^(?:NMI watchdog: |watchdog: )?BUG: soft lockup - CPU#(?<cpu>\d+) stuck for \d+s!/,
      /(?: \[(?<comm>.+):(?<pid>\d+)\])?/,
    ),
    title: 'BUG: soft lockup[ in {f}]',
    blame: STALL,
    ending: 'trace',
    spansContexts: true,
  },
  {
    id: 'hard-lockup',
    printedBy: 'kernel/watchdog.c, watchdog_hld.c',
    type: 'hard-lockup',
    starts: either(
      /^(?:NMI watchdog: |watchdog: )?(?:CPU\d+: )?[Ww]atchdog detected hard LOCKUP on cpu ?(?<cpu>\d+)/,
      /^(?:NMI watchdog: |watchdog: )?(?:CPU\d+: )?[Ww]atchdog CPU:? ?(?<cpu2>\d+) (?:detected )?[Hh]ard LOCKUP/,
      /^(?:NMI watchdog: |watchdog: )?BUG: NMI Watchdog detected LOCKUP/,
    ),
    title: 'BUG: hard lockup[ in {f}]',
    blame: STALL,
    ending: 'trace',
    spansContexts: true,
    absorbs: ['watchdog-warning'],
  },
  {
    id: 'hung-task',
    printedBy: 'kernel/hung_task.c',
    type: 'hung-task',
    starts: /^INFO: task (?<comm>.{1,40}):(?<pid>\d+) blocked (?:in I\/O wait )?for more than \d+ seconds/,
    title: 'INFO: task hung[ in {f}]',
    blame: { from: 'first', past: 'sleep' },
    ending: 'trace',
    spansContexts: true,
  },
  {
    id: 'unkillable-task',
    printedBy: 'kernel/hung_task.c of linux-next',
    type: 'hung-task',
    starts: /^INFO: task (?<comm>.+):(?<pid>\d+) can't die for more than \d+ seconds/,
    title: "INFO: task can't die[ in {f}]",
    blame: { from: 'first', past: 'sleep' },
    ending: 'trace',
    spansContexts: true,
  },
  {
    id: 'workqueue-lockup',
    printedBy: 'kernel/workqueue.c',
    type: 'hung-task',
    starts: /^BUG: workqueue lockup - pool/,
    title: 'BUG: workqueue lockup',
    blame: { from: 'nobody', past: 'stall' },
    ending: 'message',
    spansContexts: true,
    absorbs: ['workqueue-lockup'],
  },
];
