// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { replay } from '../../interleave/replay.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { defaultScene, withPlacement } from '../../probe/place/guest.ts';
import { guestsDir } from '../race/shipped.ts';
import { booted, kernelOf, labFor, never, shippedPlan, shippedSchedule } from '../kernel/lab.ts';

const ATTEMPTS = 5;

t.test('unpatched: swapoff held in its turn, swapon after it, and a place by its source line', async (t) => {
  const kernel = await kernelOf(await shippedPlan('default'), 'unpatched');
  const lab = await labFor(kernel);
  await booted(t.name);
  const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
  await withPlacement(kernel, lab, never, async (placement) => {
    t.equal((await replay(placement, await shippedSchedule('swap-map-unpublished'), options)).met, ATTEMPTS);

    const line = 'mm/memory.c:3831';
    const { results } = await replay(
      placement,
      parseSchedule(`name: line\nhold: {at: "${line}", how: stall}\n`, 'line'),
      { ...options, attempts: 1 },
    );
    const address = results[0]?.point.address ?? '';
    t.ok((await options.source([address])).get(address)?.some(({ location }) => location === line));
  });
  await withPlacement(
    ...([kernel, lab, never] as const),
    async (placement) => {
      const again = parseSchedule(
        ['name: again', 'hold: {at: __read_swap_cache_async, how: preempt}', 'meanwhile: swapoff+swapon']
          .concat('expect: {kind: refused}')
          .join('\n'),
        'again',
      );
      t.equal((await replay(placement, again, options)).met, ATTEMPTS, 'the entry is not one of the new area’s');
    },
    { ...defaultScene(guestsDir), meanwhile: 'swapoff+swapon' },
  );
});
