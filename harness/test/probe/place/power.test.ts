// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { PointOutcome } from '../../../model/interleave.ts';
import { judgePlaced } from '../../../probe/place/judge.ts';
import { nextStep } from '../../../probe/place/next.ts';
import { briefOfPlaced, showPlaced } from '../../../probe/place/show.ts';
import { COMPLETED, HANG, makePlaceSpec, makeSeen, OK, OOPS, REFUSED, WAITED, type Placed } from './fixtures/make.ts';

const probe = makePlaceSpec({ mutants: true });
const none = { unavailable: {} };
const control = makeSeen('weakened', [OOPS, OOPS, OOPS]);
const STOP = 'stop_machine in __do_sys_swapoff+0x1c3';
const GRACE = 'synchronize_rcu in exit_swap_address_space+0x40';

/** A map without a finding; `waits` is what the contender of this kernel waits by. */
function main(
  waits: readonly string[] = [STOP, GRACE],
  outcomes: readonly PointOutcome[] = [WAITED, WAITED, REFUSED],
): Placed {
  const seen = makeSeen('stock', outcomes);
  return { ...seen, finding: { ...seen.finding, waits } };
}
const stalled = (...outcomes: PointOutcome[]): Placed =>
  makeSeen('stock', outcomes, { index: 1, hold: 'stall', part: 'stalled' });
const without = (index: number, names: readonly string[], ...outcomes: PointOutcome[]): Placed =>
  makeSeen('stock', outcomes, { index, hold: 'stall', part: 'mutant', without: names });

const BASE = stalled(WAITED, WAITED, WAITED);
const NOTICED = without(2, [STOP], OOPS, WAITED, REFUSED);
const SILENT = without(3, [GRACE], WAITED, WAITED, WAITED);

const stockOf = (...seen: Placed[]) => {
  const verdict = judgePlaced(probe, [control, ...seen], none);
  const stock = verdict.variants.find(({ variant }) => variant === 'stock');
  return { verdict, stock };
};
const planned = (...seen: Placed[]) => nextStep(probe, [control, ...seen], none);

t.test(
  'waits are taken away from a variant that shows nothing, one by one, and then all where one was silent',
  async (t) => {
    t.match(planned(main()), { step: { index: 1, args: { hold: 'stall', part: 'stalled', without: [] } } });
    t.match(planned(main(), BASE), { step: { index: 2, args: { part: 'mutant', without: [STOP] } } });
    t.match(planned(main(), BASE, NOTICED), {
      step: { index: 3, args: { without: [GRACE] }, reason: /without synchronize_rcu in exit_swap_address_space/ },
    });
    t.match(planned(main(), BASE, NOTICED, SILENT), { step: { index: 4, args: { without: [STOP, GRACE] } } });
    t.match(planned(main(), BASE, NOTICED, without(3, [GRACE], OOPS)), { kind: 'done' });
  },
);

t.test('where there is a finding already, or nothing to take away, no mutant is made', async (t) => {
  t.match(planned(main([STOP], [OOPS])), { kind: 'done' });
  t.match(planned(main([STOP]), stalled(OOPS)), { kind: 'done' });
  t.match(planned(main([]), BASE), { kind: 'done' });
  t.match(nextStep(makePlaceSpec(), [control, main()], none), { kind: 'done' }, 'unless the probe asks for them');
});

t.test('an absence whose mutants were noticed is clean, and says where', async (t) => {
  const both = without(4, [STOP, GRACE], OOPS, WAITED, REFUSED);
  const { stock } = stockOf(main(), BASE, NOTICED, SILENT, both);
  t.match(stock, { outcome: 'clean', counts: { clean: 3 }, signatures: [] });
  t.match(
    stock?.reason,
    /1 of 2 waits removed was noticed; stop_machine in .*: at 1 of 3 points, the first do_swap_page\+0x0/,
  );
  t.match(stock?.reason, /synchronize_rcu in .*: no difference at 3 points; all of them: at 1 of 3 points/);
  t.match(stock?.reason, /2 of 3 points that waited rest on none of them/);
});

t.test('an absence without power is inconclusive, and says what is missing', async (t) => {
  const cases: [string, RegExp, Placed[]][] = [
    ['no map under a stall', /its map under a stall was not made/, [main()]],
    ['no wait', /no call was found by which swapoff\(\) waits/, [main([]), BASE]],
    [
      'a wait not taken away',
      /no map without synchronize_rcu in exit_swap_address_space\+0x40/,
      [main(), BASE, NOTICED],
    ],
    ['nothing noticed', /none of 1 wait removed was noticed/, [main([STOP]), BASE, without(2, [STOP], WAITED, OK)]],
    ['a silent wait, never with the others', /no map without all of the waits/, [main(), BASE, NOTICED, SILENT]],
    [
      'a mutant’s map that is not whole',
      /the map without stop_machine in .* is not whole: the guest was lost/,
      [main([STOP]), BASE, { ...NOTICED, end: { ...COMPLETED, kind: 'lost', message: 'the guest was lost' } }],
    ],
  ];
  for (const [name, reason, seen] of cases) {
    const { stock } = stockOf(...seen);
    t.match(stock, { outcome: 'inconclusive', expectation: { kind: 'cannot-tell' } }, name);
    t.match(stock?.reason, /no finding \(no power shown\)/, name);
    t.match(stock?.reason, reason, name);
  }
});

t.test('what the kernel as it is shows under a stall is a finding; what a mutant shows is none', async (t) => {
  t.match(stockOf(main([STOP]), stalled(WAITED, HANG)).stock, { outcome: 'hang', reason: /^under a stall: / });
  const { stock } = stockOf(main([STOP]), stalled(OOPS, WAITED), without(2, [STOP], OOPS, WAITED));
  t.match(stock, { outcome: 'target' });
  const same = stockOf(main([STOP]), BASE, without(2, [STOP], OOPS, WAITED, WAITED));
  t.match(same.stock, { outcome: 'clean', signatures: [] });
});

t.test('a report has the mutants in its row, and no finding of theirs', async (t) => {
  const seen = [control, main([STOP]), BASE, NOTICED];
  const verdict = judgePlaced(probe, seen, none);
  const section = showPlaced(probe, seen, verdict);
  const row = section.rows.find(({ variant }) => variant === 'stock');
  t.match(row?.remarks.join(), /1 of 1 wait removed was noticed/);
  t.same(
    section.findings.map(({ variant }) => variant),
    ['weakened'],
  );
  t.match(briefOfPlaced(probe, NOTICED), {
    outcome: 'clean',
    void: true,
    titles: [],
    splat: null,
    words: /^without stop_machine/,
  });
});
