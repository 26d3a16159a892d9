// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { Exploration } from '../../model/exploration.ts';
import type { PointOutcome } from '../../model/interleave.ts';
import { judgeMaps } from '../../verdict/judge-map.ts';
import { judgeRun } from '../../verdict/judge-run.ts';
import { makeExploration, makeInterleaveProbe, OOPS, WAITED } from '../interleave/fixtures/make.ts';
import { makeOther, target } from './fixtures/make.ts';

const probe = makeInterleaveProbe();
const HANG: PointOutcome = { kind: 'hang', where: 'swap_cluster_readahead', backtraces: {} };
const UNKNOWN: PointOutcome = { kind: 'inconclusive', reason: 'the guest was lost' };

function judge(stock: Exploration | null, control: readonly PointOutcome[] = [OOPS, WAITED]) {
  return judgeMaps(probe, [makeExploration('weakened', control), ...(stock === null ? [] : [stock])]);
}

const stockOf = (...outcomes: PointOutcome[]): Exploration => makeExploration('stock', outcomes);
const outcomeOf = (exploration: Exploration | null, control?: readonly PointOutcome[]) =>
  judge(exploration, control).maps.find(({ variant }) => variant === 'stock');

t.test('every explored point has to be well, beside a control that is not', async (t) => {
  t.match(judge(stockOf(WAITED, WAITED)), {
    blind: false,
    maps: [
      { variant: 'weakened', outcome: 'target', points: { target: 1, clean: 1 }, expectation: { kind: 'met' } },
      { variant: 'stock', outcome: 'clean', reason: /^2 of 100 points, 0 oops, 0 hangs/, expectation: { kind: 'met' } },
    ],
  });
});

t.test('the gravest point decides', async (t) => {
  t.match(outcomeOf(stockOf(WAITED, HANG, OOPS)), { outcome: 'target', expectation: { kind: 'missed' } });
  t.match(outcomeOf(stockOf(WAITED, HANG)), {
    outcome: 'hang',
    reason: /1 of them hung, the first in swap_cluster_readahead/,
  });
  t.match(outcomeOf(stockOf({ kind: 'corruption', what: '2 wrong pages' }, WAITED)), { outcome: 'other-bug' });
  t.match(
    outcomeOf(
      stockOf({ kind: 'oops', signature: 'WARNING in swapoff', splat: makeOther('warning', 'WARNING in swapoff') }),
    ),
    { outcome: 'other-bug' },
    'not every splat is a bad access',
  );
});

t.test('what is not known is not clean', async (t) => {
  t.match(outcomeOf(stockOf(WAITED, UNKNOWN)), {
    outcome: 'inconclusive',
    reason: /1 of them inconclusive, the first: the guest was lost/,
  });
  t.match(outcomeOf(stockOf()), { outcome: 'inconclusive', reason: 'no point was explored' });
  t.match(outcomeOf(null), {
    outcome: 'inconclusive',
    reason: 'it was not explored',
    expectation: { kind: 'cannot-tell' },
  });
  const cut = { ...stockOf(WAITED), end: { kind: 'failed', fault: 'interrupted', message: 'Interrupted' } } as const;
  t.match(outcomeOf(cut), { outcome: 'inconclusive', reason: '1 of 100 points, then: Interrupted' });
  t.match(outcomeOf({ ...cut, map: null }), { outcome: 'inconclusive', reason: 'Interrupted' });
  t.match(outcomeOf({ ...stockOf(OOPS), end: cut.end }), { outcome: 'target' }, 'what was found stays found');
});

t.test('a wait for a frozen CPU closes nothing; what is open shows under either hold', async (t) => {
  // As v5b-no-duplicate, with one pair of get and put removed, came out in two guests under stall.
  const repeat = (count: number, outcome: PointOutcome): PointOutcome[] => Array.from({ length: count }, () => outcome);
  const stalled = (...outcomes: PointOutcome[]) =>
    judgeMaps({ ...probe, hold: 'stall' }, [
      makeExploration('weakened', [OOPS, WAITED], 'stall'),
      makeExploration('stock', outcomes, 'stall'),
    ]).maps.find(({ variant }) => variant === 'stock');
  t.match(stalled(...repeat(12, WAITED), ...repeat(11, OOPS)), {
    outcome: 'target',
    points: { target: 11, inconclusive: 12 },
    expectation: { kind: 'missed' },
  });
  t.match(stalled(...repeat(25, WAITED)), {
    outcome: 'inconclusive',
    points: { inconclusive: 25, clean: 0 },
    expectation: { kind: 'cannot-tell' },
    reason:
      /^25 of 100 points, 25 of them inconclusive, the first: the contender waited in synchronize_rcu, and the contender waits for a frozen CPU/,
  });
  t.match(
    stalled({ kind: 'refused' }, { kind: 'ok' }),
    { outcome: 'clean' },
    'where swapoff came past, the hold held nothing up',
  );
  t.match(
    outcomeOf(stockOf(...repeat(25, WAITED))),
    { outcome: 'clean' },
    'preempted, everything but the thread goes on',
  );
});

t.test('a control that shows nothing makes the probe blind', async (t) => {
  const { blind, maps } = judge(stockOf(WAITED), [WAITED]);
  t.equal(blind, true);
  t.match(maps, [
    { outcome: 'inconclusive', reason: /probe is blind/ },
    { outcome: 'inconclusive', reason: /blind: the control weakened/ },
  ]);
  t.match(judge(stockOf(HANG), [WAITED]).maps[1], { outcome: 'hang' }, 'a presence is one all the same');
});

t.test('a control that is not among the variants shows nothing either', async (t) => {
  const { blind, maps } = judgeMaps({ ...probe, variants: ['stock'] }, [stockOf(WAITED)]);
  t.equal(blind, true);
  t.match(maps, [{ variant: 'stock', outcome: 'inconclusive' }]);
});

t.test('a run counts its maps', async (t) => {
  const plan = { probes: [], explorations: [probe], target, alpha: 0.05 };
  const run = (stock: Exploration, control: readonly PointOutcome[] = [OOPS]) =>
    judgeRun(plan, [], [], [makeExploration('weakened', control), stock]);
  t.match(run(stockOf(WAITED)), { status: 0, reasons: [], blindProbes: [] });
  t.match(run(stockOf(OOPS)), { status: 1, reasons: [/^placed\/stock: expected clean, got target/] });
  t.match(run(stockOf(WAITED), [WAITED]), { status: 125, blindProbes: ['placed'] });
  const host = { ...stockOf(WAITED), end: { kind: 'failed', fault: 'host', message: 'disk full' } } as const;
  t.match(run(host), { status: 128 });
});

t.test('what shows the bug is the race’s to say', async (t) => {
  const lost: PointOutcome = { kind: 'corruption', what: '1 lost writes' };
  const of = (oracle: Parameters<typeof makeInterleaveProbe>[0]) =>
    judgeMaps(makeInterleaveProbe(oracle), [makeExploration('weakened', [lost, HANG]), stockOf(WAITED)]);
  t.match(of({}), { blind: true, maps: [{ outcome: 'hang' }, { outcome: 'inconclusive' }] });
  t.match(of({ oracle: ['contents'] }), { blind: false, maps: [{ outcome: 'target' }, { outcome: 'clean' }] });
  t.match(of({ oracle: ['progress'] }), { blind: false, maps: [{ outcome: 'target' }, { outcome: 'clean' }] });
});
