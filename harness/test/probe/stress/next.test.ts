// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { nextTrial } from '../../../probe/stress/next.ts';
import type { Evidence, StressSeen } from '../../../probe/stress/trial.ts';
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
const ok = (exposed: number) => makeEvidence({ exposure: makeExposure(exposed) });

function stepOrDone(of: typeof probe, seen: ReturnType<typeof seenOf>, unavailable: Record<string, string> = {}) {
  const planned = nextTrial(of, seen, { alpha: 0.05, unavailable });
  return planned.kind === 'step' ? { kind: 'step', ...planned.step } : planned;
}

/** The next step, whatever the control is asked for in the middle and at the end. */
function next(state: Record<string, Evidence[]>, unavailable: Record<string, string> = {}) {
  const seen = Object.entries(state).flatMap(([variant, evidence]) => seenOf(variant, evidence));
  const others = seen.some(({ step }) => step.variant !== 'weakened');
  const crashes = seen.some(({ step, finding }) => step.variant === 'weakened' && finding.splats.length > 0);
  return stepOrDone(probe, others && crashes ? [...seen, bracket('middle', 90)] : seen, unavailable);
}

/** A trial of the control in the middle, or at the end; it crashed. */
function bracket(part: 'middle' | 'last', index: number): StressSeen {
  const [seen] = seenOf('weakened', [crashed(500)]);
  const { step } = seen as StressSeen;
  return { ...(seen as StressSeen), step: { ...step, index, args: { ...step.args, part } } };
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
  test.match(next({ weakened: [ok(5), ...times(4, crashed(5))] }), { variant: 'stock' });
});

t.test('a control out of budget is left as it is', async (test) => {
  test.match(next({ weakened: times(5, ok(5)) }), { variant: 'weakened', index: 5 });
  test.match(next({ weakened: times(6, ok(5)) }), { variant: 'stock' }, 'a blind probe still has findings to find');
});

t.test('variants take turns, in the order of the plan', async (test) => {
  test.match(next({ weakened: seeing, stock: [ok(10)] }), { variant: 'v5b', index: 0 });
  test.match(next({ weakened: seeing, stock: [ok(10)], v5b: [ok(10)] }), { variant: 'stock', index: 1 });
});

t.test('a variant gets trials until the limit of its rate is low enough', async (test) => {
  const v5b = times(3, ok(50_000));
  test.match(next({ weakened: seeing, v5b, stock: times(2, ok(500)) }), {
    variant: 'stock',
    index: 2,
    reason: /weakened crashes at 2.0e-3/,
  });
  test.match(next({ weakened: seeing, v5b, stock: times(5, ok(10)) }), { variant: 'stock', index: 5 });
  test.match(next({ weakened: seeing, v5b, stock: times(6, ok(10)) }), {
    variant: 'weakened',
    args: { part: 'last' },
  });
});

t.test('the control is asked again in the middle, and at the end', async (test) => {
  const least = { stock: times(2, ok(10)), v5b: times(3, ok(50_000)) };
  const seen = (state: Record<string, Evidence[]>) =>
    Object.entries({ weakened: seeing, ...state }).flatMap(([variant, evidence]) => seenOf(variant, evidence));
  test.match(
    stepOrDone(probe, seen({ ...least, stock: [ok(10)] })),
    { variant: 'stock' },
    'not before the least trials',
  );
  test.match(stepOrDone(probe, seen(least)), { variant: 'weakened', index: 3, args: { part: 'middle' } });
  test.match(stepOrDone(probe, [...seen(least), bracket('middle', 3)]), {
    variant: 'stock',
    args: { part: 'between' },
  });
  const whole = { ...least, stock: times(3, ok(50_000)) };
  test.match(stepOrDone(probe, seen(whole)), { variant: 'weakened', args: { part: 'last' } }, 'one serves as both');
  test.match(stepOrDone(probe, [...seen(whole), bracket('last', 3)]), {
    kind: 'done',
    reasons: {
      weakened: 'the control crashed 4 times',
      stock: /^not-reproduced: no crash in 150,000 exposed swapoffs of 3 boots: at most/,
    },
  });
  test.match(stepOrDone(probe, [...seen(least), bracket('last', 3)]), { kind: 'done' }, 'nothing follows the last one');
});

t.test('a finding ends a variant after its least trials', async (test) => {
  for (const found of [crashed(5), hung(), makeEvidence({ splats: [makeOther('warning', 'W')] })]) {
    test.match(next({ weakened: seeing, v5b: times(3, ok(50_000)), stock: [found] }), { variant: 'stock', index: 1 });
    const ended = next({ weakened: seeing, v5b: times(3, ok(50_000)), stock: [found, ok(5)] });
    test.match(ended, { variant: 'weakened', args: { part: 'last' } });
  }
});

t.test('under a blind control only the least trials are run', async (test) => {
  const blind = { weakened: times(6, ok(5)), stock: times(2, ok(5)) };
  test.match(next({ ...blind, v5b: [ok(5)] }), { variant: 'v5b', index: 1 });
  test.match(next({ ...blind, v5b: times(2, ok(5)) }), {
    kind: 'done',
    reasons: { stock: /the control did not crash: more trials/ },
  });
});

t.test('trials lost to the host are made up for, within the budget', async (test) => {
  const rest = { weakened: seeing, v5b: times(3, ok(50_000)) };
  test.match(next({ ...rest, stock: [ok(50_000), hostFault()] }), {
    variant: 'stock',
    index: 2,
    reason: '1 of at least 2 trials were run',
  });
  test.match(next({ ...rest, stock: times(6, hostFault()) }), { args: { part: 'last' } });
});

t.test('budgets can be overridden by variant', async (test) => {
  const generous = { ...probe, budgets: { stock: { maxTrials: 9 } } };
  const trials = [
    ...seenOf('weakened', seeing),
    ...seenOf('v5b', times(3, ok(50_000))),
    ...seenOf('stock', times(6, ok(10))),
    bracket('middle', 90),
  ];
  test.match(stepOrDone(generous, trials), { variant: 'stock', index: 6 });
});

t.test('what cannot be run is not asked for', async (test) => {
  const rest = Object.entries({ weakened: seeing, v5b: times(3, ok(50_000)) });
  const seen = [...rest.flatMap(([variant, evidence]) => seenOf(variant, evidence)), bracket('last', 3)];
  test.match(stepOrDone(probe, seen, { stock: 'did not build' }), {
    kind: 'done',
    reasons: { stock: 'did not build' },
  });
  test.match(next({}, { weakened: 'did not build' }), { kind: 'step', variant: 'stock' });
});

t.test('an index is never used twice', async (test) => {
  const trials = seenOf('weakened', [crashed(5), crashed(5), crashed(5)]).slice(2);
  test.match(stepOrDone(probe, trials), { variant: 'weakened', index: 3 });
});
