// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { nextTrial } from '../../../probe/stress/next.ts';
import type { Evidence } from '../../../probe/stress/trial.ts';
import {
  crashed,
  hostFault,
  hung,
  makeEvidence,
  makeExposure,
  makeOther,
  makeProbe,
  times,
  seenOf,
} from './fixtures/make.ts';

const probe = makeProbe({ variants: ['stock', 'weakened', 'v5b'] });
const seeing = times(3, crashed(500));
const clean = (exposed: number) => makeEvidence({ exposure: makeExposure(exposed) });

function stepOrDone(of: typeof probe, seen: ReturnType<typeof seenOf>, unavailable: Record<string, string> = {}) {
  const planned = nextTrial(of, seen, { alpha: 0.05, unavailable });
  return planned.kind === 'step' ? { kind: 'step', ...planned.step } : planned;
}

function next(state: Record<string, Evidence[]>, unavailable: Record<string, string> = {}) {
  const seen = Object.entries(state).flatMap(([variant, evidence]) => seenOf(variant, evidence));
  return stepOrDone(probe, seen, unavailable);
}

t.test('the control comes first, until its least trials and enough crashes', async (test) => {
  test.match(next({}), { kind: 'step', variant: 'weakened', index: 0, reason: '0 of at least 2 trials were run' });
  test.match(next({ weakened: [crashed(5)] }), { variant: 'weakened', index: 1 });
  test.match(next({ weakened: [crashed(5), crashed(5)] }), {
    variant: 'weakened',
    index: 2,
    reason: /crashed 2 of 3 times/,
  });
  test.match(next({ weakened: seeing }), { variant: 'stock', index: 0 });
  test.match(next({ weakened: [clean(5), ...times(4, crashed(5))] }), { variant: 'stock' });
});

t.test('a control out of budget is left as it is', async (test) => {
  test.match(next({ weakened: times(5, clean(5)) }), { variant: 'weakened', index: 5 });
  test.match(next({ weakened: times(6, clean(5)) }), { variant: 'stock' }, 'a blind probe still has findings to find');
});

t.test('variants take turns, in the order of the plan', async (test) => {
  test.match(next({ weakened: seeing, stock: [clean(10)] }), { variant: 'v5b', index: 0 });
  test.match(next({ weakened: seeing, stock: [clean(10)], v5b: [clean(10)] }), { variant: 'stock', index: 1 });
});

t.test('a variant gets trials until it is told apart', async (test) => {
  const v5b = [clean(2000), clean(2000)];
  test.match(next({ weakened: seeing, v5b, stock: times(2, clean(500)) }), {
    variant: 'stock',
    index: 2,
    reason: /p < 0.05 needs 2,570/,
  });
  test.match(next({ weakened: seeing, v5b, stock: times(5, clean(500)) }), { variant: 'stock', index: 5 });
  test.same(next({ weakened: seeing, v5b, stock: times(6, clean(100)) }), {
    kind: 'done',
    reasons: {
      weakened: 'the control crashed 3 times',
      stock: 'all 6 trials of its budget were run',
      v5b: 'clean: no crash in 4,000 exposed swapoffs; at the rate of weakened that has p = 0.020',
    },
  });
});

t.test('a finding ends a variant after its least trials', async (test) => {
  for (const found of [crashed(5), hung(), makeEvidence({ splats: [makeOther('warning', 'W')] })]) {
    test.match(next({ weakened: seeing, v5b: times(2, clean(2000)), stock: [found] }), { variant: 'stock', index: 1 });
    test.equal(next({ weakened: seeing, v5b: times(2, clean(2000)), stock: [found, clean(5)] }).kind, 'done');
  }
});

t.test('under a blind control only the least trials are run', async (test) => {
  const blind = { weakened: times(6, clean(5)), stock: times(2, clean(5)) };
  test.match(next({ ...blind, v5b: [clean(5)] }), { variant: 'v5b', index: 1 });
  test.match(next({ ...blind, v5b: times(2, clean(5)) }), {
    kind: 'done',
    reasons: { stock: /the control did not crash: more trials/ },
  });
});

t.test('trials lost to the host are made up for, within the budget', async (test) => {
  const rest = { weakened: seeing, v5b: times(2, clean(2000)) };
  test.match(next({ ...rest, stock: [clean(2000), hostFault()] }), {
    variant: 'stock',
    index: 2,
    reason: '1 of at least 2 trials were run',
  });
  test.match(next({ ...rest, stock: times(6, hostFault()) }), { kind: 'done' });
});

t.test('budgets can be overridden by variant', async (test) => {
  const generous = { ...probe, budgets: { stock: { maxTrials: 9 } } };
  const trials = [
    ...seenOf('weakened', seeing),
    ...seenOf('v5b', times(2, clean(2000))),
    ...seenOf('stock', times(6, clean(10))),
  ];
  test.match(stepOrDone(generous, trials), { variant: 'stock', index: 6 });
});

t.test('what cannot be run is not asked for', async (test) => {
  test.match(next({ weakened: seeing, v5b: times(2, clean(2000)) }, { stock: 'did not build' }), {
    kind: 'done',
    reasons: { stock: 'did not build' },
  });
  test.match(next({}, { weakened: 'did not build' }), { kind: 'step', variant: 'stock' });
});

t.test('an index is never used twice', async (test) => {
  const trials = seenOf('weakened', [crashed(5), crashed(5), crashed(5)]).slice(2);
  test.match(stepOrDone(probe, trials), { variant: 'weakened', index: 3 });
});
