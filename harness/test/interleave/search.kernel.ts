// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseSchedule } from '../../interleave/schedule.ts';
import type { SearchRound } from '../../model/search.ts';
import type { SearchFigures } from '../../probe/search/judge.ts';
import type { RunReport } from '../../report/json.ts';
import { booted, qemusOf, swaprace } from '../kernel/lab.ts';

t.test('a search of the control finds the bug, and brings it down to a schedule that gives it each time', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await swaprace([
    ...['interleave', 'search', 'weakened', '--seed', '1', '--rounds', '100', '--json', '--results', results],
  ]);
  t.equal(run.exitCode, 0, run.all);
  const { run: id, probes } = JSON.parse(run.stdout) as RunReport;
  const [searched] = probes[0]?.variants ?? [];
  t.match(searched, { outcome: 'target' }, run.all);
  const figures = searched?.figures as SearchFigures;
  t.ok((figures.replayed?.met ?? 0) >= 9, run.all);
  const text = figures.schedule ?? '';
  t.equal(parseSchedule(text, 'schedule.yaml').expect?.kind, 'oops');
  const folders = probes[0]?.steps.map(({ folder }) => join(results, id, 'steps', folder)) ?? [];
  const rounds: SearchRound[] = [];
  for (const folder of folders) {
    const lines = await readFile(join(folder, 'rounds.jsonl'), 'utf8').catch(() => '');
    rounds.push(
      ...lines
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as SearchRound),
    );
  }
  t.equal(rounds.length, figures.rounds);
  for (const { preemption } of rounds) t.type(preemption.func, 'string');
  for (const folder of folders)
    t.ok(
      (await readdir(folder)).some((name) => name.startsWith('console')),
      folder,
    );
  const audit = await swaprace(['audit', join(results, id)]);
  t.equal(audit.exitCode, 0, audit.all);
  t.same(await qemusOf(results), []);
});

t.test('a search of a fix finds nothing, and has held threads', async (t) => {
  await booted(t.name);
  const run = await swaprace([
    ...['interleave', 'search', 'v5b+sites+ra', '--rounds', '12', '--functions', 'do_swap_page,__swap_duplicate'],
    ...['--json', '--results', t.testdir()],
  ]);
  t.equal(run.exitCode, 0, run.all);
  const { probes } = JSON.parse(run.stdout) as RunReport;
  const [searched] = probes[0]?.variants ?? [];
  t.match(searched, { outcome: 'inconclusive', figures: { rounds: 12, schedule: null, findings: 0 } }, run.all);
  t.ok((searched?.figures as SearchFigures).held > 0);
});

t.test('a function that the kernel does not have is refused', async (t) => {
  const run = await swaprace([
    'interleave',
    'search',
    'v5b+sites+ra',
    '--functions',
    'no_such_function',
    '--results',
    t.testdir(),
  ]);
  t.equal(run.exitCode, 129);
  t.match(run.stderr, /no_such_function/);
});
