// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseSpecOf } from './fixtures/plan.ts';
import { judgeSearched } from '../../../probe/search/judge.ts';
import { SEARCH } from '../../../probe/search/search.ts';
import { briefOfSearched, outlineOfSearch, showSearched, trendOfSearched } from '../../../probe/search/show.ts';
import type { Searched } from '../../../probe/search/finding.ts';
import { makeOther } from '../stress/fixtures/make.ts';
import { CRASH, FOUND, makeSearched, makeSearchSpec, roundsOf, SPLAT } from './fixtures/make.ts';

const context = { unavailable: {} };
const judged = (seen: readonly Searched[], over: Parameters<typeof makeSearchSpec>[0] = {}) =>
  judgeSearched(makeSearchSpec(over), seen, context);
const LOST = { kind: 'guest-lost', message: 'gone' };
const schedule = 'name: found-on-weakened\nhold:\n  at: do_swap_page+0x4\n';
const whole = [
  makeSearched(roundsOf({ rounds: 1, held: 0 }), 0, LOST),
  makeSearched(FOUND, 1, { kind: 'splat' }),
  makeSearched({ do: 'minimise', places: 3, schedule }, 2),
  makeSearched({ do: 'replay', attempts: 10, met: 9, outcomes: [] }, 3),
];

t.test('a finding is the race’s bug by its signature; an absence claims nothing', async (t) => {
  t.match(judged(whole), {
    ...{ blind: null, statuses: [] },
    variants: [{ outcome: 'target', reason: CRASH.kind === 'splat' ? CRASH.title : '', expectation: { kind: 'met' } }],
  });
  t.match(judged(whole).variants[0]?.figures, { guests: 2, rounds: 5, held: 3, schedule, replayed: { met: 9 } });
  const warned = makeOther('warning', 'WARNING in g');
  const other = roundsOf({ found: { kind: 'splat', title: warned.title }, splats: [warned] });
  t.match(judged([makeSearched(other)]).variants[0], { outcome: 'other-bug', signatures: [{ target: false }] });
  const stalled = roundsOf({ found: { kind: 'stalled', threads: [] } });
  t.match(judged([makeSearched(stalled)]).variants[0], { outcome: 'hang' });
  const nothing = judged([makeSearched(roundsOf({ rounds: 10, held: 8 }))]);
  t.match(nothing.variants[0], {
    ...{ outcome: 'inconclusive', expectation: { kind: 'inconclusive' } },
    reason: 'nothing found in 8 holds, which says nothing of where no thread was held',
  });
  const accepted = { weakened: { accept: ['inconclusive'], known: [] } } as const;
  const met = judged([makeSearched(roundsOf({ held: 8 }))], { expect: accepted });
  t.match(met.variants[0]?.expectation, { kind: 'met' });
});

t.test('a search that was given up asks for a status, whatever the plan accepts', async (t) => {
  const lost = [0, 1, 2, 3, 4].map((index) => makeSearched(roundsOf({ rounds: 0, held: 0 }), index, LOST));
  t.match(judged(lost).statuses, [{ status: 125, reason: /^searched\/weakened: 5 guests in a row/ }]);
  const host = lost.map((each) => ({ ...each, end: { ...each.end, kind: 'host-fault' } }));
  t.match(judged(host).statuses, [{ status: 128 }]);
  const refused = makeSearched(roundsOf({ held: 0 }), 0, { kind: 'not-searched', message: 'no f' });
  t.match(judged([refused]), { statuses: [{ status: 129 }], variants: [{ reason: 'no f' }] });
  t.match(judged([makeSearched(roundsOf())], { control: 'weakened' }), { blind: 'its control weakened shows no bug' });
  t.match(judged(whole, { control: 'weakened' }), { blind: null });
});

t.test('what is shown: what was done, what came of it, and the schedule', async (t) => {
  const probe = makeSearchSpec();
  const section = showSearched(probe, whole, judged(whole));
  t.match(
    section.title,
    /^searched: anon swap-in against swapoff\(\), 8 threads, 64 pages, held at random at 1 function/,
  );
  t.same(section.rows[0]?.remarks, [
    '5 rounds (3 held a thread) at 1 function, 26 runs of swapoff() (14 exposed): 1 finding',
    `guest 1, after 4 rounds: ${SPLAT.title}`,
    'guest 0 lost: gone',
    'placed, it comes in 9 of 10 attempts',
  ]);
  t.same(section.notes, ['weakened: the schedule is schedule.yaml of the step searched-weakened-2']);
  t.match(section.plots, [
    { kind: 'table', rows: [['name: found-on-weakened'], ['hold:'], ['  at: do_swap_page+0x4']] },
  ]);
  t.match(section.findings, [{ title: SPLAT.title, target: true, step: 'searched-weakened-1', splat: SPLAT }]);
  t.match(section.points, [{ id: 'weakened', status: 'pass', steps: { length: 4 } }]);
  const none = [makeSearched(FOUND), makeSearched({ do: 'minimise', places: 3, schedule: null }, 1)];
  t.match(showSearched(probe, none, judged(none)).rows[0]?.remarks.at(-1), /^no placed schedule .* at 3 places/);
  t.match(trendOfSearched(probe, whole, judged(whole))[0], { name: 'target', value: { count: 1, exposure: 3 } });
});

t.test('each step in short, and what a search would do', async (t) => {
  const probe = makeSearchSpec({ functions: null });
  const words = whole.map((each) => briefOfSearched(probe, each));
  t.match(words, [
    { outcome: 'inconclusive', words: 'gone' },
    { outcome: 'target', words: SPLAT.title, measured: { value: 3 }, splat: SPLAT.text },
    { words: 'a schedule gives it' },
    { words: '9 of 10 attempts met what the schedule expects' },
  ]);
  t.same(new Set(words.map(({ cells }) => Object.keys(cells).join())), new Set(['did,rounds,held']));
  t.match(outlineOfSearch(probe), {
    lines: [/functions of the target/, 'weakened: expected target'],
    least: 2,
    most: 8,
  });
});

t.test('keys of a plan, and shapes as stored', async (t) => {
  const spec = parseSpecOf('rounds: 12\n    seed: 7');
  t.match(spec, { kind: 'search', rounds: 12, seed: '7', findings: 1, attempts: 10, functions: null, memoryMiB: 256 });
  t.same(SEARCH.spec.parse(JSON.parse(JSON.stringify(spec))), spec);
  for (const each of whole) {
    t.same(SEARCH.finding.parse(JSON.parse(JSON.stringify(each.finding))), each.finding);
    t.same(SEARCH.args.parse(JSON.parse(JSON.stringify(each.step.args))), each.step.args);
  }
  t.throws(() => parseSpecOf('rounds: 0'), /rounds.*needs a whole number/);
  t.throws(() => parseSpecOf('functions: []'), /at least one of functions/);
  t.throws(() => parseSpecOf('pages: 1000'), /1000 pages do not fit/);
  t.throws(() => parseSpecOf('workload: anony'), /no workload anony; did you mean anon\?/);
});
