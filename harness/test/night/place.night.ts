// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import type { Rootfs } from '../../rootfs/rootfs.ts';
import type { Lab } from '../../lab/lab.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { booted, kernelOf, labFor, labOfChanged, never, replaceIn, shippedPlan } from '../kernel/lab.ts';

t.test('a guest in which a thread does not come to its place is left for another, but not for ever', async (t) => {
  await booted(t.name);
  const kernel = await kernelOf(await shippedPlan('short'), 'weakened');
  const sound = await labFor(kernel);
  const waiting = 'while (!control->go_held)';
  const stuck = await labOfChanged(kernel, t.testdir(), (guests) =>
    replaceIn(join(guests, 'src/common/threads.c'), waiting, 'for (;;)'),
  );
  /** A lab whose guests are booted from one image after the other. */
  const labOf = (images: Rootfs[]): Lab => ({
    ...sound,
    get rootfs() {
      return images.shift() as Rootfs;
    },
  });

  const once = [stuck.rootfs, sound.rootfs, stuck.rootfs];
  t.equal(await withPlacement(kernel, labOf(once), never, async ({ anchor }) => anchor), 'do_swap_page');
  t.equal(once.length, 1, 'the second guest was good');

  const always = Array.from({ length: 10 }, () => stuck.rootfs);
  await t.rejects(
    withPlacement(kernel, labOf(always), never, async () => undefined),
    { code: 'NOT_PLACED', message: /the held thread does not come/ },
  );
  t.equal(always.length, 7, 'three guests were tried');
});
