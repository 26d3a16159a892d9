// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { heldInstants } from '../../../probe/place/instants.ts';
import { mapOf, parseMaps } from '../../../probe/place/map.ts';
import { compareText, LEGEND, mapText, strip } from '../../../probe/place/strip.ts';
import { boundText, exploredText, mapSentence, missedChance } from '../../../probe/place/words.ts';
import type { PointResult } from '../../../model/interleave.ts';
import { pointName } from '../../../model/race-map.ts';
import {
  HANG,
  makeFinding,
  makeOops,
  makePath,
  makePlaceSpec,
  makePoint,
  makeResult,
  OK,
  OOPS,
  REFUSED,
  WAITED,
} from './fixtures/make.ts';

const probe = makePlaceSpec({ hold: 'stall' });
const XAS = makeOops(['xas_start', 'do_swap_page']);
const path = makePath(10);
const result = (index: number, outcome: PointResult['outcome']) => makeResult(index, outcome, { hold: 'stall' });

function map(results: readonly PointResult[], represented: Readonly<Record<string, string>> | null = null) {
  const made = mapOf(probe, 'weakened', [makeFinding(results, { ...path, represented })]);
  if (made === null) throw new Error('no map');
  return made;
}

const OFF_PATH = { address: '0x9000', func: 'swap_cache_get_folio', offset: 0x145 };

t.test('neighbours with the same outcomes are one window, repeats that differ a set', async (t) => {
  const made = map([result(0, XAS), result(2, XAS), result(3, OOPS), result(4, OK), result(4, OOPS), result(5, OK)]);
  t.match(made.windows, [
    { first: { index: 0 }, last: { index: 2 }, points: 3, explored: 2, outcomes: [{ signature: /xas_start/ }] },
    { first: { index: 3 }, explored: 1 },
    { first: { index: 4 }, outcomes: [{ kind: 'oops' }, { kind: 'ok' }] },
    { first: { index: 5 }, outcomes: [{ kind: 'ok' }] },
  ]);
  t.notMatch(made.windows[0]?.outcomes[0], { splat: Object }, 'splats stay with the finding');
  t.match(mapSentence(made), /5 of 10 points, 4 oops, 0 hang, 0 corruption, 1 ok, repeats differ at 1$/);
});

t.test('an instant is where the thread stood', async (t) => {
  const later = makePoint(6);
  const preempted = (index: number, landed: PointResult['landed'], outcome = WAITED) =>
    makeResult(index, outcome, { landed });
  const held = heldInstants(
    [
      preempted(0, { address: makePoint(0).address, func: 'do_swap_page', offset: 0 }),
      preempted(3, { address: later.address, func: later.func, offset: later.offset }),
      preempted(4, OFF_PATH),
      preempted(5, OFF_PATH),
      preempted(7, null),
      preempted(8, null, HANG),
    ],
    path,
  );
  t.same(
    held.instants.map(({ point, onPath }) => [pointName(point), point.index, onPath]),
    [
      ['do_swap_page', 0, true],
      ['swap_cache_get_folio+0x145', 5, false],
      ['do_swap_page+0x18', 6, true],
      ['do_swap_page+0x20', 8, true],
    ],
    'one off the path is after the last point that was deferred to it; a finding is kept wherever it was',
  );
  t.match(held, { asked: 6, deferred: 3, unheld: 1 });
  t.match(
    exploredText(mapOf(probe, 'v', [{ ...makeFinding([]), ...held }]) as ReturnType<typeof map>),
    '4 of 100 points (3 more held later than asked, 1 never held) explored: 1 hang, 3 waited',
  );
});

t.test('what another guest found off the path of the last one stays in the map', async (t) => {
  const elsewhere = makePoint(12, { func: 'mem_cgroup_slow_path', offset: 0 });
  const found = { ...result(0, OOPS), point: elsewhere };
  const made = map([result(1, OK), found]);
  t.match(made.windows.at(-1), { first: { func: 'mem_cgroup_slow_path' }, outcomes: [{ kind: 'oops' }] });
  t.equal(strip(made, 10), ' .       #');
  t.match(makeFinding([found], path).instants, [{ onPath: false }]);
  const renumbered = { ...result(2, OK), point: makePoint(2, { index: 5 }) };
  t.equal(map([renumbered]).windows[0]?.first.index, 2, 'a point is known by its name');
});

t.test('guests are one map, and their splats keep their outcomes', async (t) => {
  const both = [makeFinding([result(0, XAS)], path), makeFinding([result(0, OOPS), result(1, OK)], makePath(12))];
  const made = mapOf(probe, 'weakened', both);
  t.match(made, { guests: 2, pathPoints: 12, attempts: 1, exploredPoints: 2 });
  t.match(made?.windows[0]?.outcomes, [{ signature: /__swap_duplicate/ }, { signature: /xas_start/ }]);
  t.equal(mapOf(probe, 'weakened', []), null);
});

t.test('a strip has the worst outcome of a column, and nothing for what was not explored', async (t) => {
  const made = map([result(0, XAS), result(2, XAS), result(3, OK), result(4, OK), result(5, REFUSED)]);
  t.equal(strip(made, 10), '###..r    ');
  t.equal(strip(made, 5), '##r  ');
  t.equal(strip(made, 100).length, 10, 'never wider than the path');
  t.equal(compareText([made], 10), `weakened, fault on rotational, stall |###..r    |\n${LEGEND}\n`);
  const text = mapText(made);
  t.match(text, /0-2 +2 explored +oops: BUG: .* in xas_start/);
  t.match(text, /the path: 10 instructions from do_swap_page to __swap_duplicate returned/);
  const merged = { 'do_swap_page+0x4': 'do_swap_page', 'do_swap_page+0x8': 'do_swap_page' };
  t.equal(strip(map([result(0, XAS), result(3, XAS), result(6, OK)], merged), 10), '######....');
});

t.test('merged points that differ void a map', async (t) => {
  const made = map([result(0, OOPS), result(1, OK)], { 'do_swap_page+0x4': 'do_swap_page' });
  t.match(
    exploredText(made),
    /^VOID \(merged points differ\): 2 of 10 points explored \(0 more by a neighbour, 1 such/,
  );
  t.match(mapText(made), /differs: do_swap_page\+0x4: ok; do_swap_page: oops/);
});

t.test('what this many attempts support is said', async (t) => {
  t.equal(missedChance(1).toFixed(2), '0.95');
  t.equal(missedChance(3).toFixed(2), '0.63');
  t.ok(Math.abs(missedChance(300) - 3 / 300) < 1e-4, 'the rule of three');
  t.equal(missedChance(0), 1);
  const made = map([result(0, OK), result(0, OK), result(0, OK), result(1, OK)]);
  t.match(
    boundText(made),
    /^1 attempt at a point in 1 guest: what fails in up to 95 % of attempts/,
    'the fewest count',
  );
});

t.test('maps are read as they were printed, one or several', async (t) => {
  const made = map([result(0, XAS), result(1, OK), result(2, HANG)]);
  t.same(parseMaps(JSON.stringify(made), 'm'), [made]);
  t.same(parseMaps(JSON.stringify([made, made]), 'm'), [made, made]);
  const usage = { code: 'NOT_A_MAP', fault: 'usage' };
  t.throws(() => parseMaps('{"schema": 1}', 'm.json'), { ...usage, message: /m\.json: .*variant/ });
  t.throws(() => parseMaps('no', 'm.json'), usage);
});
