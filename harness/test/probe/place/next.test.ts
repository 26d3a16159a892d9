// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { nextStep, stepsOf } from '../../../probe/place/next.ts';
import { makePlaceSpec, makeSeen } from './fixtures/make.ts';

const none = { unavailable: {} };
const step = (variant: string, index = 0) => makeSeen(variant, [], { index });

t.test('a map a variant, in the plan’s order; what cannot be built is left out', async (t) => {
  const probe = makePlaceSpec({ variants: ['weakened', 'v5b', 'stock'] });
  t.match(nextStep(probe, [], none), {
    kind: 'step',
    step: { variant: 'weakened', index: 0, args: { hold: 'preempt', repeats: 1 } },
  });
  const unavailable = { v5b: 'its kernel could not be built' };
  t.match(nextStep(probe, [step('weakened')], { unavailable }), { step: { variant: 'stock' } });
  t.same(nextStep(probe, [step('stock'), step('weakened')], { unavailable }), {
    kind: 'done',
    reasons: {
      weakened: 'its points are explored',
      v5b: 'its kernel could not be built',
      stock: 'its points are explored',
    },
  });
});

t.test('repeats are spread over fresh guests', async (t) => {
  const probe = makePlaceSpec({ repeats: 5, guests: 2 });
  t.same(
    stepsOf(probe).map(({ repeats }) => repeats),
    [3, 2],
  );
  t.match(nextStep(probe, [step('weakened')], none), {
    step: { variant: 'weakened', index: 1, args: { repeats: 2 }, reason: /guest 2 of 2/ },
  });
  t.equal(stepsOf(makePlaceSpec({ repeats: 1, guests: 3 })).length, 1, 'no guest without an attempt');
});
