// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { PointOutcome } from '../../../model/interleave.ts';
import { NOTHING_FOUND } from '../../../probe/place/finding.ts';
import { judgePlaced } from '../../../probe/place/judge.ts';
import { makeSplat } from '../stress/fixtures/make.ts';
import {
  COMPLETED,
  HANG,
  makeFinding,
  makeOops,
  makePlaceSpec,
  makeResult,
  makeSeen,
  OK,
  OOPS,
  REFUSED,
  UNKNOWN,
  WAITED,
  WARNING,
  type Placed,
} from './fixtures/make.ts';

const probe = makePlaceSpec({ mutants: ['weakened'] });
const none = { unavailable: {} };

function judge(stock: Placed | null, control: readonly PointOutcome[] = [OOPS, WAITED]) {
  return judgePlaced(probe, [makeSeen('weakened', control), ...(stock === null ? [] : [stock])], none);
}

const stockOf = (...outcomes: PointOutcome[]): Placed => makeSeen('stock', outcomes);
const outcomeOf = (stock: Placed | null, control?: readonly PointOutcome[]) =>
  judge(stock, control).variants.find(({ variant }) => variant === 'stock');
const repeat = (count: number, outcome: PointOutcome): PointOutcome[] => Array.from({ length: count }, () => outcome);

t.test('every explored point has to be well, with a control that is not', async (t) => {
  t.match(judge(stockOf(WAITED, WAITED)), {
    blind: null,
    statuses: [],
    variants: [
      { variant: 'weakened', outcome: 'target', counts: { target: 1, ok: 1 }, expectation: { kind: 'met' } },
      {
        variant: 'stock',
        outcome: 'closed',
        reason: /^2 of 100 points, 0 oops, 0 hangs, no corruption; weakened noticed at 1 points/,
        expectation: { kind: 'met' },
      },
    ],
  });
});

t.test('the worst point decides', async (t) => {
  t.match(outcomeOf(stockOf(WAITED, HANG, OOPS)), {
    outcome: 'target',
    expectation: { kind: 'missed' },
    signatures: [
      { title: /__swap_duplicate/, target: true },
      { title: 'hang in swap_cluster_readahead', target: false },
    ],
  });
  t.match(outcomeOf(stockOf(WAITED, HANG)), {
    outcome: 'hang',
    reason: /1 of them hung, the first in swap_cluster_readahead/,
  });
  t.match(outcomeOf(stockOf({ kind: 'corruption', what: '2 wrong pages' }, WAITED)), { outcome: 'other-bug' });
});

t.test('the target is the plan’s, by the type and the trace of a splat', async (t) => {
  t.match(outcomeOf(stockOf(WARNING)), { outcome: 'other-bug' }, 'not every splat is a bad access');
  t.match(
    outcomeOf(stockOf(makeOops(['kfree', 'some_driver']))),
    { outcome: 'other-bug' },
    'nor every bad access the bug',
  );
  t.match(outcomeOf(stockOf(makeOops(['xas_start', 'do_swap_page']))), { outcome: 'target' });
  const stuck = makeSplat(['do_swap_page'], { type: 'soft-lockup', title: 'BUG: soft lockup in do_swap_page' });
  t.match(outcomeOf(stockOf({ kind: 'oops', signature: stuck.title, splat: stuck })), { outcome: 'hang' });
  const damaged = makeSplat([], { damaged: ['truncated'] });
  t.match(
    outcomeOf(stockOf({ kind: 'oops', signature: damaged.title, splat: damaged })),
    { outcome: 'other-bug' },
    'one that is too damaged to judge is a finding all the same',
  );
});

t.test('a race may show itself otherwise than by a splat', async (t) => {
  const silent = { ...probe, race: { ...probe.race, oracle: ['contents' as const] } };
  const wrong: PointOutcome = { kind: 'corruption', what: '1 wrong page' };
  const { variants } = judgePlaced(silent, [makeSeen('weakened', [wrong]), stockOf(OOPS)], none);
  t.match(variants, [{ outcome: 'target' }, { outcome: 'other-bug' }]);
});

t.test('what is not known is not closed', async (t) => {
  t.match(outcomeOf(stockOf(WAITED, UNKNOWN)), {
    outcome: 'inconclusive',
    reason: /1 of them inconclusive, the first: the guest was lost/,
  });
  t.match(outcomeOf(stockOf()), { outcome: 'inconclusive', reason: 'no point was explored' });
  t.match(outcomeOf(null), { reason: 'it was not explored', expectation: { kind: 'inconclusive' } });
  const end = { ...COMPLETED, kind: 'guest-lost', message: '20 guests were lost' };
  t.match(outcomeOf({ ...stockOf(WAITED), end }), { reason: '1 of 100 points, then: 20 guests were lost' });
  t.match(outcomeOf({ ...stockOf(), finding: NOTHING_FOUND, end }), { reason: '20 guests were lost' });
  t.match(outcomeOf({ ...stockOf(OOPS), end }), { outcome: 'target' }, 'what was found stays found');
  const stray = { ...stockOf(WAITED), finding: { ...stockOf(WAITED).finding, strays: [makeSplat()] } };
  t.match(outcomeOf(stray), { outcome: 'inconclusive', reason: /at none of them, on a console: BUG: / });
  const host = judge({ ...stockOf(WAITED), end: { ...end, kind: 'host-fault' } });
  t.match(host.statuses, [{ status: 128, reason: /^placed\/stock: / }]);
});

t.test('a wait for a frozen CPU closes nothing; what is open shows under either hold', async (t) => {
  // As v5b-no-duplicate, with one pair of get and put removed, came out in two guests under stall.
  const stalled = (...outcomes: PointOutcome[]) =>
    judgePlaced(
      { ...probe, hold: 'stall' },
      [makeSeen('weakened', [OOPS, WAITED], { hold: 'stall' }), makeSeen('stock', outcomes, { hold: 'stall' })],
      none,
    ).variants.find(({ variant }) => variant === 'stock');
  t.match(stalled(...repeat(12, WAITED), ...repeat(11, OOPS)), {
    outcome: 'target',
    counts: { target: 11, inconclusive: 12 },
    expectation: { kind: 'missed' },
  });
  t.match(stalled(...repeat(25, WAITED)), {
    outcome: 'inconclusive',
    counts: { inconclusive: 25, ok: 0 },
    expectation: { kind: 'inconclusive' },
    reason:
      /^25 of 100 points, 25 of them inconclusive, the first: swapoff\(\) waited in \w+, and swapoff\(\) waits for a frozen/,
  });
  t.match(stalled(REFUSED, OK), { outcome: 'closed' }, 'where swapoff came past, the hold held nothing up');
  t.match(outcomeOf(stockOf(...repeat(25, WAITED))), { outcome: 'closed' }, 'preempted, all but the thread goes on');
});

t.test('a control that shows nothing, or none, makes absences say nothing', async (t) => {
  const { blind, variants } = judge(stockOf(WAITED), [WAITED]);
  t.equal(blind, 'the map of its control weakened does not show the bug');
  t.match(variants, [
    { outcome: 'inconclusive', reason: /probe is blind/ },
    { outcome: 'inconclusive', reason: /blind: the control weakened/ },
  ]);
  t.match(judge(stockOf(HANG), [WAITED]).variants[1], { outcome: 'hang' }, 'a presence is one all the same');
  const others = judgePlaced({ ...probe, variants: ['stock'] }, [stockOf(WAITED)], none);
  t.match(others, { blind: /weakened/, variants: [{ outcome: 'inconclusive' }] }, 'a control that was not explored');
  const alone = judgePlaced({ ...probe, control: null, variants: ['stock'] }, [stockOf(WAITED)], none);
  t.match(alone, { blind: null, variants: [{ outcome: 'inconclusive', reason: /no control/ }] });
});

t.test('holds that began later count where they began, and once', async (t) => {
  const landed = { address: '0x9000', func: 'swap_cache_get_folio', offset: 0x145 };
  const results = [makeResult(0, WAITED), makeResult(2, WAITED, { landed }), makeResult(5, WAITED, { landed })];
  t.match(outcomeOf({ ...stockOf(), finding: makeFinding(results) }), {
    counts: { ok: 2 },
    figures: { exploredPoints: 2, asked: 3, deferred: 2, pathPoints: 100 },
  });
});

t.test('guests of one variant are one map', async (t) => {
  const spec = { ...probe, repeats: 2, guests: 2 };
  const steps = [
    makeSeen('weakened', [OOPS]),
    makeSeen('stock', [OK, OK]),
    makeSeen('stock', [OK, OOPS], { index: 1 }),
  ];
  t.match(judgePlaced(spec, steps, none).variants[1], {
    outcome: 'target',
    counts: { target: 1, ok: 1 },
    figures: { attempts: 2, guests: 2 },
  });
});
