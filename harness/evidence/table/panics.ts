// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';

const NOBODY = { from: 'nobody', past: 'fault' } as const;
const PANIC = { from: 'trace', past: 'fault' } as const;

/** Panics, and the ends of a kernel that come without one. */
export const PANICS: readonly Detector[] = [
  {
    id: 'panic',
    printedBy: 'kernel/panic.c',
    type: 'panic',
    starts: /^Kernel panic(?: - not syncing)?: (?<reason>.*?)[ .]*$/,
    title: 'kernel panic: {reason}',
    blame: PANIC,
    ending: 'panic',
    refined: [
      {
        group: 'reason',
        matches: /^Attempted to kill init/,
        type: 'panic',
        title: 'kernel panic: Attempted to kill init!',
        blame: NOBODY,
      },
      {
        group: 'reason',
        matches: /[Kk]ernel stack is corrupted in: ?(?:(?!(?:0x)?[0-9a-f]{8,16}\b)(?<func>[\w.]+))?/,
        type: 'stack-overflow',
        title: 'kernel panic: stack is corrupted[ in {f}]',
        blame: { from: 'headline', past: 'fault' },
      },
      {
        group: 'reason',
        matches: /^corrupted stack end detected/,
        type: 'stack-overflow',
        title: 'kernel panic: corrupted stack end[ in {f}]',
        blame: { from: 'trace', past: 'sleep' },
      },
      {
        group: 'reason',
        matches: /[Ss]tack overflow/,
        type: 'stack-overflow',
        title: 'kernel stack overflow[ in {f}]',
        blame: { from: 'recursion', past: 'fault' },
      },
      {
        group: 'reason',
        matches: /^(?:Watchdog detected )?[Hh]ard LOCKUP/,
        type: 'hard-lockup',
        title: 'BUG: hard lockup[ in {f}]',
        blame: { from: 'stall', past: 'stall' },
      },
      {
        group: 'reason',
        matches: /^(?:softlockup: |RCU Stall)/,
        type: 'panic',
        title: 'kernel panic: {reason}',
        blame: { from: 'stall', past: 'stall' },
      },
      { group: 'reason', matches: /^hung_task: /, type: 'hung-task', title: 'kernel panic: {reason}', blame: NOBODY },
      {
        group: 'reason',
        matches: /^(?:System is deadlocked on memory|Out of memory|out of memory)/,
        type: 'oom',
        title: 'kernel panic: {reason}',
        blame: NOBODY,
      },
    ],
  },
  {
    id: 'unexpected-reboot',
    printedBy: 'init/version.c',
    type: 'reboot',
    // The scanner fires this on the second banner of a log only: the first is the boot.
    starts: /^Linux version \d+\.\d+\S* \(\S+@\S+\)/,
    title: 'unexpected kernel reboot',
    blame: NOBODY,
    ending: 'line',
  },
];

/** What is not the kernel's last word, and should not happen. */
export const OTHERS: readonly Detector[] = [
  {
    id: 'netdevice-leak',
    printedBy: 'net/core/dev.c',
    type: 'other',
    starts: /^unregister_netdevice: waiting for \S+ to become free\. Usage count = /,
    title: 'unregister_netdevice: waiting for DEV to become free',
    blame: NOBODY,
    ending: 'line',
  },
  {
    id: 'busy-inodes',
    printedBy: 'fs/super.c',
    type: 'other',
    starts: /^VFS: Busy inodes after unmount of /,
    title: 'VFS: Busy inodes after unmount',
    blame: NOBODY,
    ending: 'message',
    absorbs: ['kernel-bug', 'warning', 'bug'],
  },
  {
    id: 'file-count',
    printedBy: 'fs/open.c, filp_close()',
    type: 'other',
    starts: /^VFS: Close: file count is (?:0|zero)/,
    title: 'VFS: Close: file count is zero',
    blame: NOBODY,
    ending: 'line',
    absorbs: ['kernel-bug', 'warning'],
  },
  {
    id: 'busy-dentry',
    printedBy: 'fs/dcache.c, umount_check()',
    type: 'bug',
    starts: /^BUG: Dentry \S+ ?\{.*\} +still in use/,
    title: 'BUG: Dentry still in use',
    blame: NOBODY,
    ending: 'end-trace',
    absorbs: ['kernel-bug', 'warning', 'invalid-opcode'],
  },
  {
    id: 'irq-nobody',
    printedBy: 'kernel/irq/spurious.c',
    type: 'other',
    starts: /^(?:irq |IRQ )(?<irq>\d+): nobody cared/,
    title: 'irq {irq}: nobody cared',
    blame: NOBODY,
    ending: 'trace',
  },
  {
    id: 'cfi',
    printedBy: 'kernel/cfi.c',
    type: 'other',
    // To 6.0 without the place.
    starts: /^CFI failure (?:at (?<func>[\w.$]+)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[\S+\])? )?\((?:no )?target/,
    title: 'CFI failure[ in {f}]',
    blame: { from: 'headline', past: 'fault' },
    ending: 'message',
    absorbs: ['warning', 'invalid-opcode', 'arm64-internal-error', 'oops-trap'],
  },
  {
    // A driver's own word, as far as it goes.
    id: 'driver-bug',
    printedBy: 'drivers',
    type: 'bug',
    starts: /^(?<driver>[A-Za-z][\w-]*): BUG: (?<what>\S.*)$/,
    except: /(?:\?|disabled|enabled)$|messages? suppressed$/,
    title: '{driver}: BUG: {what}',
    blame: NOBODY,
    ending: 'line',
    vague: true,
  },
  {
    // Last in the table: whatever else a kernel calls a bug.
    id: 'bug',
    printedBy: 'anywhere',
    type: 'bug',
    starts: /^BUG: (?<what>\S.*)$/,
    except: /messages? suppressed$/,
    title: 'BUG: {what}',
    blame: PANIC,
    ending: 'message',
    vague: true,
  },
];

const CONSEQUENCES = [
  'Fatal exception',
  'Aiee, killing interrupt handler',
  'Attempted to kill (?:init|the idle task)',
  '(?:\\S+: )?panic_on_warn set',
  'kasan\\.fault=panic',
  'UBSAN',
  'KFENCE',
  'hung_task: ',
  'softlockup: ',
  'RCU Stall',
  'Hard LOCKUP',
  'Watchdog detected hard LOCKUP',
  'Machine halted',
  'Oops',
  'NMI: Not continuing',
];

/**
 * Reasons of panic() that name no new bug: what came before them did. They belong to that splat, and are one of
 * their own only where nothing came before.
 */
export const CONSEQUENCE = new RegExp(`^Kernel panic(?: - not syncing)?: (?:${CONSEQUENCES.join('|')})`, 'i');
