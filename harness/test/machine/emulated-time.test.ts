// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { clockTooFast, timersBroken } from '../../machine/emulated-time.ts';

t.test('a guest cannot have been up for longer than its machine', async (t) => {
  t.notOk(clockTooFast('1.52 2.90\n', 2100));
  t.notOk(clockTooFast('2.20 2.90\n', 2100), 'the reading itself takes time');
  t.ok(clockTooFast('30.88 12.00\n', 4536), 'as seen on a host with a load of 15');
  t.notOk(clockTooFast('', 4536), 'nothing was read, nothing is proven');
});

t.test('timers that do not work', async (t) => {
  t.notOk(timersBroken('[    0.602472][    T1] clocksource: Switched to clocksource tsc-early'));
  t.ok(timersBroken('[    1.0][    C1] Clockevents: could not switch to one-shot mode: lapic is not functional.'));
  t.ok(timersBroken('[   21.659478][    C0] rcu: \tPossible timer handling issue on cpu=1 timer-softirq=0'));
  t.ok(
    timersBroken("[    0.1][    T0] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug"),
  );
  t.notOk(
    timersBroken('[   21.6][    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:'),
    'a stall alone may be the kernel’s own',
  );
});
