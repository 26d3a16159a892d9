// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { guestEnd } from '../../model/guest-end.ts';
import { currentEnd } from '../../store/old-ends.ts';

const read = (stored: unknown) => guestEnd.parse(currentEnd(stored));

t.test('ends that 0.1 stored under other names are read', async (t) => {
  t.same(read({ kind: 'workload-failed', message: 'EBUSY' }), { kind: 'program-failed', message: 'EBUSY' });
  t.same(read({ kind: 'complained' }), { kind: 'splat' });
  t.same(read({ kind: 'stalled', message: 'swap-in made no progress for 20 s' }), {
    kind: 'stalled',
    threads: [{ name: 'swap-in', tid: null, operation: 'swap-in', stalledMs: 20_000 }],
  });
});

t.test('what is in the present form is left; what is in none is refused', async (t) => {
  const stalled = { kind: 'stalled', threads: [{ name: 'a', tid: 1, operation: 'swapoff', stalledMs: 1 }] };
  for (const end of [stalled, { kind: 'completed' }, { kind: 'wrong-kernel', message: 'x' }]) t.same(read(end), end);
  for (const end of [
    null,
    'completed',
    { kind: 'elsewhere' },
    { kind: 'stalled', message: 'x' },
    { kind: 'splat', x: 1 },
  ])
    t.throws(() => read(end), JSON.stringify(end));
});
