// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a guest whose vCPUs are placed needs on its kernel command line. A frozen vCPU looks like a lockup to the
 * kernel's watchdogs, and their reports would pass for findings; a thread that must not sleep needs an idle loop that
 * does not; a check of the timer fails on a host that is busy. `panic=0`: the guest is restored, not restarted.
 */
export const PLACING_CMDLINE: readonly string[] = [
  'idle=poll',
  'nowatchdog',
  'rcupdate.rcu_cpu_stall_suppress=1',
  'no_timer_check',
  'panic=0',
];
