// SPDX-License-Identifier: GPL-2.0-only
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { makeRun } from '../results/fixtures/make-run.ts';

const root = resolve(import.meta.dirname, '../../..');
const results = join(t.testdir({}), 'results');
const run = await makeRun(results);

function history(...args: readonly string[]) {
  return execa('node', ['--import', 'tsx', join(root, 'harness/cli/main.ts'), 'history', ...args], {
    cwd: root,
    reject: false,
  });
}

t.test('as text, as JSON and as a page', async (test) => {
  const text = await history('--results', results);
  test.equal(text.exitCode, 0, text.stderr);
  test.match(text.stdout, /^1 run, .*\n {2}anon\/weakened +# {2}1 reproduced\n {6}new: BUG: unable/s);
  test.ok(existsSync(join(results, 'history.db')));
  test.match(JSON.parse((await history('--results', results, '--json', '--rebuild')).stdout), {
    runs: [{ run: basename(run), status: 0 }],
    series: [{ variant: 'weakened' }, { variant: 'stock' }],
  });
  const index = join(results, 'index.html');
  test.equal((await history('--results', results, '--html', index)).exitCode, 0);
  test.match(readFileSync(index, 'utf8'), `href="${basename(run)}/report.txt"`);
});

t.test('what cannot be', async (test) => {
  const none = await history('--results', join(results, 'none'));
  test.equal(none.exitCode, 129);
  test.match(none.stderr, /No folder of results at/);
  writeFileSync(join(run, 'verdict.json'), '{}');
  const damaged = await history('--results', results, '--rebuild');
  test.equal(damaged.exitCode, 0);
  test.match(damaged.stderr, /Cannot read .*verdict\.json/);
  test.equal(damaged.stdout, 'no finished run');
});
