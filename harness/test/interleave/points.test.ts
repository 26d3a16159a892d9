// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { makeSplat } from '../probe/stress/fixtures/make.ts';
import { classify } from '../../interleave/classify.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import type { PathSpec } from '../../interleave/paths.ts';
import { choosePoints, findPlace, findPoint, samplePoints } from '../../interleave/points.ts';
import type { Observation, PathPoint } from '../../model/interleave.ts';

function point(index: number, func = 'do_swap_page', offset = index * 4, occurrence = 1): PathPoint {
  return { index, address: `0x${(0x1000 + offset).toString(16)}`, func, offset, occurrence };
}

t.test('points are chosen by function, by number and by range, and found by name', async (t) => {
  const path = [point(0, 'a', 0), point(1, 'a', 4), point(2, 'b', 0), point(3, 'a', 4, 2), point(4, 'b', 0, 2)];
  const indexes = (choice: Parameters<typeof choosePoints>[1], range = {}): number[] =>
    choosePoints(path, choice, range).map(({ index }) => index);
  t.same(indexes({ kind: 'all' }), [0, 1, 2, 3, 4]);
  t.same(indexes({ kind: 'functions' }), [0, 2, 4]);
  t.same(indexes({ kind: 'every', count: 3 }), [0, 3]);
  t.same(indexes({ kind: 'all' }, { from: 1, to: 3 }), [1, 2, 3]);
  t.same(path.map(pointName), ['a', 'a+0x4', 'b', 'a+0x4#2', 'b#2']);
  t.equal(findPoint(path, 'a+4#2').index, 3);
  t.equal(findPoint(path, 'b').index, 2);
  t.equal(findPoint(path, 4).index, 4);
  t.throws(() => findPoint(path, 'c'), { code: 'NO_SUCH_POINT', fault: 'usage' });
});

t.test('a sample is the same for the same seed, in the path’s order, and no more than there is', async (t) => {
  const path = Array.from({ length: 100 }, (_, index) => point(index));
  const sample = (count: number, seed: string): number[] =>
    samplePoints(path, { count, seed }).map(({ index }) => index);
  t.same(sample(10, 'a'), sample(10, 'a'));
  t.notSame(sample(10, 'a'), sample(10, 'b'));
  t.same(
    sample(10, 'a'),
    [...sample(10, 'a')].sort((a, b) => a - b),
  );
  t.equal(sample(200, 'a').length, 100);
  t.equal(samplePoints(path).length, 100);
});

t.test('a source line names the first instruction of the path that is part of it', async (t) => {
  const path = [point(0, 'a', 0), point(1, 'a', 4), point(2, 'a', 8)];
  const lookup = async () =>
    new Map([
      [
        '0x1004',
        [
          { func: 'inlined', location: 'mm/a.h:1' },
          { func: 'a', location: 'mm/a.c:7' },
        ],
      ],
      ['0x1008', [{ func: 'a', location: 'mm/a.c:7' }]],
    ]);
  t.equal((await findPlace(path, 'mm/a.c:7', lookup)).index, 1);
  t.equal((await findPlace(path, 'a+0x8', lookup)).index, 2, 'other names need no line table');
  await t.rejects(findPlace(path, 'mm/a.c:70', lookup), { code: 'NO_SUCH_POINT', message: /mm\/a\.c:70/ });
});

const CALM: Observation = {
  end: 'done',
  splat: null,
  contenderReturned: true,
  contenderTo: null,
  contenderKept: false,
  waitedIn: null,
  heldWhenOvertaken: true,
  contenderErrno: 0,
  heldErrno: 0,
  majorFaults: 1,
  wrongs: [],
  backtraces: {},
  stuckIn: null,
};

t.test('an observation is classified by the worst that it supports', async (t) => {
  const kind = (changes: Partial<Observation>, success: PathSpec['success'] = 'major-fault'): string =>
    outcomeKey(classify({ ...CALM, ...changes }, { success, contender: 'swapoff' }));
  t.equal(kind({}), 'ok');
  t.equal(kind({ majorFaults: 0 }), 'entry refused');
  t.equal(kind({ majorFaults: 0, heldWhenOvertaken: false }), 'ok');
  t.equal(kind({ splat: makeSplat([], { title: 'BUG: x' }), end: 'deadline' }), 'oops: BUG: x');
  t.equal(kind({ end: 'deadline', stuckIn: 'swap_cluster_readahead' }), 'hang in swap_cluster_readahead');
  t.equal(kind({ end: 'deadline' }), 'hang in an unknown function');
  t.equal(kind({ contenderReturned: false, waitedIn: 'synchronize_rcu' }), 'waited in synchronize_rcu');
  t.match(kind({ contenderReturned: false }), /^inconclusive/);
  t.match(kind({ contenderErrno: 12 }), /^inconclusive: swapoff failed with errno 12/);
  t.equal(
    kind({ wrongs: ['1 wrong pages', '2 wrong pages of another process'] }),
    'corruption: 1 wrong pages, 2 wrong pages of another process',
  );
  t.equal(
    kind({ majorFaults: 0 }, 'value'),
    'ok',
    'an operation that is no fault shows its success by what it returns',
  );
  t.equal(kind({ heldErrno: 5 }, 'value'), 'corruption: the operation failed with errno 5');
  const kept = { contenderReturned: false, contenderTo: 'vfree', contenderKept: true };
  t.equal(kind(kept), 'ok');
  t.equal(kind({ ...kept, majorFaults: 0 }), 'entry refused');
  t.equal(kind({ ...kept, contenderKept: false, waitedIn: 'synchronize_rcu' }), 'waited in synchronize_rcu');
  t.match(
    kind({ ...kept, contenderKept: false, contenderReturned: true }),
    /^inconclusive: swapoff did not reach vfree/,
  );
  t.match(kind({ end: 'splat' }), /^inconclusive/, 'a splat without a title is nothing to build on');
});
