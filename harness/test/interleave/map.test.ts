// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { makeSplat } from '../probe/stress/fixtures/make.ts';
import { backendOf } from '../race/shipped.ts';
import { classify } from '../../interleave/classify.ts';
import { outcomeSet, raceMap, symbolizeMap, windowsOf } from '../../interleave/map.ts';
import { countOutcomes, outcomeKey, pointName } from '../../model/race-map.ts';
import type { PathSpec } from '../../interleave/paths.ts';
import { choosePoints, findPlace, findPoint, samplePoints } from '../../interleave/points.ts';
import { compareText, LEGEND, mapSentence, mapText, strip } from '../../report/strip.ts';
import type { Observation, PathPoint, PointOutcome, PointResult } from '../../model/interleave.ts';

const OK: PointOutcome = { kind: 'ok' };
const REFUSED: PointOutcome = { kind: 'refused' };
const xas: PointOutcome = { kind: 'oops', signature: 'NULL dereference in xas_start', splat: null };
const dup: PointOutcome = { kind: 'oops', signature: 'NULL dereference in __swap_duplicate', splat: null };

function point(index: number, func = 'do_swap_page', offset = index * 4, occurrence = 1): PathPoint {
  return { index, address: `0x${(0x1000 + offset).toString(16)}`, func, offset, occurrence };
}

function result(index: number, outcome: PointOutcome): PointResult {
  return { point: point(index), hold: 'stall', landed: null, outcome, elapsedMs: 1 };
}

const header = {
  variant: 'weakened',
  race: 'swapoff',
  path: 'fault',
  backend: backendOf('rotational'),
  anchor: 'do_swap_page',
  hold: 'stall',
  meanwhile: 'swapoff',
  contenderTo: null,
  pointsAre: 'instructions',
  pathPoints: 10,
  pathEnd: 'end',
  merged: null,
} as const;

t.test('neighbours with the same outcome and signature are one window', async (t) => {
  const windows = windowsOf([
    result(0, xas),
    result(1, xas),
    result(3, xas),
    result(4, dup),
    result(6, OK),
    result(5, OK),
  ]);
  t.same(
    windows.map(({ first, last, points, explored, outcomes }) => [
      first.index,
      last.index,
      points,
      explored,
      outcomes.map(outcomeKey).join(),
    ]),
    [
      [0, 3, 4, 3, outcomeKey(xas)],
      [4, 4, 1, 1, outcomeKey(dup)],
      [5, 6, 2, 2, 'ok'],
    ],
  );
  t.same(windowsOf([]), []);
});

t.test('repeats that disagree are shown as a set, worst first, and are no neighbour of either', async (t) => {
  const windows = windowsOf([result(0, OK), result(1, OK), result(1, xas), result(2, xas)]);
  t.same(
    windows.map(({ outcomes }) => outcomes.map(({ kind }) => kind)),
    [['ok'], ['oops', 'ok'], ['oops']],
  );
  t.same(outcomeSet([OK, xas, OK]).length, 2);
});

t.test('a map counts points of those that exist, each by its worst outcome', async (t) => {
  const map = raceMap(header, [result(0, xas), result(1, OK), result(1, dup), result(2, REFUSED)]);
  t.equal(map.exploredPoints, 3);
  t.match(countOutcomes(map), { oops: 2, refused: 1, ok: 0 });
  t.equal(
    mapSentence(map),
    'weakened, fault on rotational, stall: 3 of 10 points, 2 oops, 0 hang, 0 corruption, 1 refused, ' +
      'repeats differ at 1',
  );
});

t.test(
  'a map under stall says what a wait for a frozen CPU is worth; one under preempt has nothing to say',
  async (t) => {
    const waited: PointOutcome = { kind: 'waited', where: 'synchronize_rcu' };
    const results = [result(0, waited), result(1, waited), result(2, xas)];
    t.match(mapText(raceMap(header, results)), /2 points that waited under stall say nothing of a fix/);
    t.match(mapText(raceMap(header, results.slice(1))), /1 point that waited under stall says nothing/);
    t.notMatch(mapText(raceMap({ ...header, hold: 'preempt' }, results)), /say nothing/);
    t.notMatch(mapText(raceMap(header, results.slice(2))), /say nothing/);
  },
);

t.test('a strip goes on over points that a neighbour stands for', async (t) => {
  const merged = { represented: 4, checked: 1, differences: [] };
  const map = raceMap({ ...header, merged }, [result(0, xas), result(3, xas), result(6, OK)]);
  t.equal(strip(map, 10), '######....');
  t.equal(strip(raceMap(header, [result(0, xas), result(3, xas), result(6, OK)]), 10), '####  .   ');
});

t.test('a map says at how many points its repeats differ', async (t) => {
  t.match(
    mapSentence(raceMap(header, [result(0, xas), result(0, OK), result(1, OK), result(1, OK)])),
    /2 of 10 points, 1 oops.*, 1 ok, repeats differ at 1$/,
  );
  t.notMatch(mapSentence(raceMap(header, [result(0, OK), result(0, OK)])), /differ/);
});

t.test('the strip shows the worst outcome of a column, and what was not explored as nothing', async (t) => {
  const map = raceMap(header, [result(0, xas), result(2, xas), result(3, OK), result(4, OK), result(5, REFUSED)]);
  t.equal(strip(map, 10), '###..r    ');
  t.equal(strip(map, 5), '##r  ');
  t.equal(strip(map, 100).length, 10, 'never wider than the path');
  t.match(mapText(map), /0-2 +2 explored +oops: NULL dereference in xas_start/);
  t.equal(compareText([map], 10), `weakened, fault on rotational, stall |###..r    |\n${LEGEND}\n`);
});

t.test('edges of windows get file, line and inlined callers', async (t) => {
  const map = await symbolizeMap(raceMap(header, [result(0, xas), result(1, xas)]), async (addresses) => {
    t.same(addresses, ['0x1000', '0x1004']);
    return new Map([
      [
        '0x1000',
        [
          { func: 'inner', location: 'mm/a.h:1' },
          { func: 'outer', location: 'mm/b.c:2' },
        ],
      ],
    ]);
  });
  t.match(mapText(map), 'do_swap_page (inner mm/a.h:1 < outer mm/b.c:2) .. do_swap_page+0x4');
});

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
