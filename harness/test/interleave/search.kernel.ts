// SPDX-License-Identifier: GPL-2.0-only
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseSchedule } from '../../interleave/schedule.ts';
import { isLost, type Search, type SearchRound } from '../../model/search.ts';
import { booted, qemusOf, swaprace } from '../kernel/lab.ts';

t.test('a search of the control finds the bug, and brings it down to a schedule that gives it each time', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await swaprace([
    'interleave',
    'search',
    'weakened',
    '--seed',
    '1',
    '--rounds',
    '100',
    '--json',
    '--results',
    results,
  ]);
  t.equal(run.exitCode, 0, run.all);
  const search = JSON.parse(run.stdout) as Search;
  t.equal(search.guests.at(-1)?.end.kind, 'splat', run.all);
  t.ok(search.spec.functions.includes('do_swap_page'), 'functions that the workload comes to');
  t.ok((search.minimised?.met ?? 0) >= 9, run.all);
  const dir = /^search: (.*)$/m.exec(run.stderr)?.[1] ?? '';
  const schedule = parseSchedule(await readFile(join(dir, 'schedule.yaml'), 'utf8'), 'schedule.yaml');
  t.equal(schedule.expect?.kind, 'oops');
  const rounds = (await readFile(join(dir, 'rounds.jsonl'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '');
  t.equal(
    rounds.length,
    search.guests.reduce((total, guest) => total + guest.rounds, 0),
  );
  for (const line of rounds) t.type((JSON.parse(line) as SearchRound).preemption.func, 'string');
  await access(join(dir, 'console.0.log'));
  t.same(await qemusOf(results), []);
});

t.test('a search of a fix finds nothing, and has held threads', async (t) => {
  await booted(t.name);
  const run = await swaprace([
    'interleave',
    'search',
    'v5b+ra',
    '--rounds',
    '12',
    '--functions',
    'do_swap_page,__swap_duplicate',
    '--json',
    '--results',
    t.testdir(),
  ]);
  t.equal(run.exitCode, 0, run.all);
  const search = JSON.parse(run.stdout) as Search;
  t.match(search, { minimised: null });
  // A guest may be lost on a busy host; its rounds are not made again.
  t.match(search.guests.at(-1)?.end, { kind: 'completed' }, run.all);
  t.ok(
    search.guests.every(({ end }) => end.kind === 'completed' || isLost(end)),
    run.all,
  );
  t.equal(
    search.guests.reduce((total, { rounds }) => total + rounds, 0),
    12,
  );
  t.ok(search.held > 0);
});

t.test('a function that the kernel does not have is refused', async (t) => {
  const run = await swaprace([
    'interleave',
    'search',
    'v5b+ra',
    '--functions',
    'no_such_function',
    '--results',
    t.testdir(),
  ]);
  t.equal(run.exitCode, 129);
  t.match(run.stderr, /no_such_function/);
});
