// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { nextSearch } from '../../../probe/search/next.ts';
import type { Searched } from '../../../probe/search/finding.ts';
import { CRASH, FOUND, makeRound, makeSearched, makeSearchSpec, roundsOf } from './fixtures/make.ts';

const LOST = { kind: 'guest-lost', message: 'gone' };
const next = (seen: readonly Searched[], over: Parameters<typeof makeSearchSpec>[0] = {}, unavailable = {}) =>
  nextSearch(makeSearchSpec(over), seen, { unavailable });

t.test('one guest after the other makes the rounds that are left', async (t) => {
  t.match(next([]), { step: { index: 0, args: { do: 'rounds', first: 0, functions: ['do_swap_page'] } } });
  const lost = makeSearched(roundsOf(), 0, LOST);
  t.match(next([lost]), { step: { index: 1, args: { do: 'rounds', first: 4 } } }, 'rounds of a lost guest count');
  const rest = makeSearched(roundsOf({ rounds: 6 }), 1);
  t.match(next([lost, rest]), { kind: 'done', reasons: { weakened: 'all 10 rounds were made' } });
});

t.test('a finding is minimised to a schedule, and the schedule is replayed', async (t) => {
  const found = makeSearched(FOUND);
  const minimise = { do: 'minimise', found: CRASH, rounds: [makeRound(3)], functions: ['do_swap_page'] };
  t.match(next([found]), { step: { index: 1, args: minimise } });
  t.match(next([found], { findings: 2 }), { step: { args: { do: 'rounds', first: 4 } } }, 'once there are enough');
  const minimised = makeSearched({ do: 'minimise', places: 3, schedule: 'name: x\n' }, 1);
  t.match(next([found, minimised]), { step: { args: { do: 'replay', schedule: 'name: x\n', attempts: 10 } } });
  const replayed = makeSearched({ do: 'replay', attempts: 10, met: 9, outcomes: [] }, 2);
  t.match(next([found, minimised, replayed]), { kind: 'done' });
  const none = makeSearched({ do: 'minimise', places: 3, schedule: null }, 1);
  t.match(next([found, none]), { kind: 'done', reasons: { weakened: /no placed schedule/ } });
});

t.test('without functions, guests look which of the target’s the workload reaches', async (t) => {
  const census = (functions: readonly string[], cut: boolean, index: number, end = {}) =>
    makeSearched({ do: 'census', reached: functions, cut }, index, end);
  const of = (seen: readonly Searched[]) => next(seen, { functions: null });
  const frames = makeSearchSpec().race.target.frames;
  t.match(of([]), { step: { args: { do: 'census', functions: frames } } });
  t.match(of([census(['do_swap_page'], false, 0)]), { step: { args: { do: 'rounds', functions: ['do_swap_page'] } } });
  const cut = of([census(['do_swap_page'], true, 0)]);
  t.match(cut, { step: { index: 1, args: { do: 'census' } } }, 'one that crashed may have seen little');
  t.notMatch(cut, { step: { args: { functions: ['do_swap_page'] } } });
  t.match(of([census(['do_swap_page'], true, 0), census([], true, 1)]), { step: { args: { do: 'rounds' } } });
  t.match(of([census([], false, 0)]), { kind: 'done', reasons: { weakened: /reached none of: / } });
  t.match(of([census([], true, 0, LOST)]), { step: { index: 1, args: { do: 'census' } } });
  t.match(of([0, 1, 2, 3].map((index) => census([], true, index))), { kind: 'done' }, 'but not for ever');
});

t.test(
  'guests that are lost one after the other end a search, and so does a kernel that lacks what is named',
  async (t) => {
    const lost = [0, 1, 2, 3, 4].map((index) => makeSearched(roundsOf({ rounds: 0 }), index, LOST));
    t.match(next(lost), { kind: 'done', reasons: { weakened: /5 guests in a row were lost; the last one: gone/ } });
    t.match(next(lost.slice(1)), { kind: 'step' });
    const refused = makeSearched(roundsOf({ rounds: 0 }), 0, { kind: 'not-searched', message: 'no function f' });
    t.match(next([refused]), { kind: 'done', reasons: { weakened: 'no function f' } });
    const wrong = makeSearched(roundsOf({ rounds: 0 }), 0, { kind: 'wrong-kernel', message: 'another' });
    t.match(next([wrong]), { kind: 'done', reasons: { weakened: 'another' } });
    t.match(next([], {}, { weakened: 'not built' }), { kind: 'done', reasons: { weakened: 'not built' } });
  },
);
