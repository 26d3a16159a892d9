// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { fillTitle } from '../../evidence/title.ts';

t.test('a part whose name is unknown is left out', async (test) => {
  test.equal(fillTitle('WARNING[ in {f}]', { f: 'do_swap_page' }), 'WARNING in do_swap_page');
  test.equal(fillTitle('WARNING[ in {f}]', {}), 'WARNING');
  test.equal(
    fillTitle('KASAN: {nature}[ {access}][ in {f}]', { nature: 'slab-use-after-free', f: 'x' }),
    'KASAN: slab-use-after-free in x',
  );
});

t.test('one bug has one title', async (test) => {
  const title = (reason: string) => fillTitle('kernel panic: {reason}', { reason });
  test.equal(title('swap 0xffff888003e41400 of pid 12'), title('swap 0xffff888003aaaa00 of pid 9'));
  test.equal(title('swap 0xffff888003e41400 of pid 12'), 'kernel panic: swap ADDR of pid NUM');
  test.equal(fillTitle('in {f}', { f: 'ext4_get_block64' }), 'in ext4_get_block64', 'digits of a name are the name');
  test.equal(title('x'.repeat(500)).length, 120);
});
