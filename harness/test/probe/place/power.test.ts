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
const preempted = (index: number, names: readonly string[], ...outcomes: PointOutcome[]): Placed =>
  makeSeen('stock', outcomes, { index, hold: 'preempt', part: 'mutant', without: names });

const BASE = stalled(WAITED, WAITED, WAITED);
/** What a preempted thread does not show, one whose CPU is frozen does. */
const NOTICED = [preempted(2, [STOP], WAITED, WAITED, REFUSED), without(3, [STOP], OOPS, WAITED, REFUSED)] as const;
const SILENT = [preempted(4, [GRACE], WAITED, WAITED, REFUSED), without(5, [GRACE], WAITED, WAITED, WAITED)] as const;
const BOTH = without(6, [STOP, GRACE], OOPS, WAITED, REFUSED);

const stockOf = (...seen: Placed[]) => {
  const verdict = judgePlaced(probe, [control, ...seen], none);
  const stock = verdict.variants.find(({ variant }) => variant === 'stock');
  return { verdict, stock };
};
const planned = (...seen: Placed[]) => nextStep(probe, [control, ...seen], none);

t.test(
  'waits are taken away from a variant that shows nothing, one by one, then all where one was silent',
  async (t) => {
    t.match(planned(main()), { step: { index: 1, args: { hold: 'stall', part: 'stalled', without: [] } } });
    t.match(planned(main(), BASE), { step: { index: 2, args: { part: 'mutant', hold: 'preempt', without: [STOP] } } });
    t.match(planned(main(), BASE, NOTICED[0]), { step: { index: 3, args: { hold: 'stall', without: [STOP] } } });
    t.match(planned(main(), BASE, ...NOTICED), {
      step: {
        index: 4,
        args: { hold: 'preempt', without: [GRACE] },
        reason: /without synchronize_rcu in exit_swap_address_space/,
      },
    });
    t.match(planned(main(), BASE, ...NOTICED, ...SILENT), {
      step: { index: 6, args: { hold: 'stall', without: [STOP, GRACE] } },
    });
    t.match(planned(main(), BASE, ...NOTICED, ...SILENT, BOTH), { kind: 'done' });
  },
);

t.test('what a preempted thread shows needs no other hold', async (t) => {
  t.match(planned(main(), BASE, preempted(2, [STOP], OOPS)), { step: { index: 3, args: { without: [GRACE] } } });
  t.match(planned(main(), BASE, preempted(2, [STOP], OOPS), preempted(3, [GRACE], OOPS)), { kind: 'done' });
});

t.test('where there is a finding already, or nothing to take away, no mutant is made', async (t) => {
  t.match(planned(main([STOP], [OOPS])), { kind: 'done' });
  t.match(planned(main([STOP]), stalled(OOPS)), { kind: 'done' });
  t.match(planned(main([]), BASE), { kind: 'done' });
  t.match(nextStep(makePlaceSpec(), [control, main()], none), { kind: 'done' }, 'unless the probe asks for them');
});

t.test('an absence whose mutants were noticed is closed, and says where', async (t) => {
  const { stock } = stockOf(main(), BASE, ...NOTICED, ...SILENT, BOTH);
  t.match(stock, { outcome: 'closed', counts: { ok: 3 }, signatures: [] });
  const reason = stock?.reason ?? '';
  t.match(reason, /1 of 2 waits removed was noticed; stop_machine in .* at 1 of 3 points by stall, the first do_swap/);
  t.match(reason, /all of them at 1 of 3 points by stall, .*; synchronize_rcu in .*: no difference by itself/);
  t.match(reason, /4 of 5 points that waited rest on none of them/);
});

t.test('waits that cover each other are noticed together', async (t) => {
  const silent = [preempted(2, [STOP], WAITED), without(3, [STOP], WAITED), ...SILENT];
  t.match(stockOf(main(), BASE, ...silent, BOTH).stock, {
    outcome: 'closed',
    reason: /0 of 2 waits removed were noticed; all of them at 1 of 3/,
  });
  t.match(stockOf(main(), BASE, ...silent, without(6, [STOP, GRACE], WAITED)).stock, {
    outcome: 'inconclusive',
    reason: /of 2 waits removed none was noticed/,
  });
});

t.test('an absence without power is inconclusive, and says what is missing', async (t) => {
  const unnoticed = [preempted(2, [STOP], WAITED), without(3, [STOP], WAITED, OK)];
  const lost = { ...COMPLETED, kind: 'lost', message: 'the guest was lost' };
  const cases: [string, RegExp, readonly Placed[]][] = [
    ['no map under a stall', /its map under a stall was not made/, [main()]],
    ['no wait', /no call was found by which swapoff\(\) waits/, [main([]), BASE]],
    ['a wait not taken away', /no map without synchronize_rcu in exit_swap/, [main(), BASE, ...NOTICED]],
    ['only by one hold', /no map without stop_machine/, [main([STOP]), BASE, preempted(2, [STOP], WAITED)]],
    ['nothing noticed', /of 1 wait removed none was noticed/, [main([STOP]), BASE, ...unnoticed]],
    ['a silent wait, never with the others', /no map without all of the waits/, [main(), BASE, ...NOTICED, ...SILENT]],
    [
      'a mutant’s map that is not whole',
      /the map without stop_machine in .* is not whole: the guest was lost/,
      [main([STOP]), BASE, { ...without(2, [STOP], OOPS), end: lost }],
    ],
  ];
  for (const [name, reason, seen] of cases) {
    const { stock } = stockOf(...seen);
    t.match(stock, { outcome: 'inconclusive', expectation: { kind: 'inconclusive' } }, name);
    t.match(stock?.reason, /no finding \(no power shown\)/, name);
    t.match(stock?.reason, reason, name);
  }
});

t.test('what the kernel as it is shows under a stall is a finding; what a mutant shows is not', async (t) => {
  t.match(stockOf(main([STOP]), stalled(WAITED, HANG)).stock, { outcome: 'hang', reason: /^under a stall: / });
  const same = stockOf(main([STOP]), BASE, without(2, [STOP], OOPS, WAITED, WAITED));
  t.match(same.stock, { outcome: 'closed', signatures: [] });
});

t.test('a report has the mutants in its row, and no finding of theirs', async (t) => {
  const mutant = without(2, [STOP], OOPS, WAITED);
  const seen = [control, main([STOP]), BASE, mutant];
  const verdict = judgePlaced(probe, seen, none);
  const section = showPlaced(probe, seen, verdict);
  const row = section.rows.find(({ variant }) => variant === 'stock');
  t.match(row?.remarks.join(), /1 of 1 wait removed was noticed/);
  t.same(
    section.findings.map(({ variant }) => variant),
    ['weakened'],
  );
  const brief = briefOfPlaced(probe, mutant);
  t.match(brief, { outcome: 'ok', void: true, titles: [], splat: null, words: /^without stop_machine/ });
});
