// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { makeRun } from '../results/fixtures/make-run.ts';

const root = resolve(import.meta.dirname, '../../..');
const base = t.testdir({});
const run = await makeRun(join(base, 'results'));

function report(...args: readonly string[]) {
  return execa('node', ['--import', 'tsx', join(root, 'harness/cli/main.ts'), 'report', run, ...args], {
    cwd: root,
    reject: false,
    stripFinalNewline: false,
  });
}

t.test('a report is printed, or written to a file, with the same bytes', async (test) => {
  for (const format of ['text', 'html', 'mail', 'json']) {
    const file = join(base, `report.${format}`);
    const printed = await report('--format', format);
    const written = await report('--format', format, '--output', file);
    test.equal(printed.exitCode, 0, `${format}: ${printed.stderr}`);
    test.not(printed.stdout, '');
    test.same([written.exitCode, written.stdout], [0, '']);
    test.equal(readFileSync(file, 'utf8'), printed.stdout, format);
  }
});

t.test('short forms', async (test) => {
  test.equal((await report('--mail')).stdout, readFileSync(join(base, 'report.mail'), 'utf8'));
  test.equal((await report('--json')).stdout, readFileSync(join(base, 'report.json'), 'utf8'));
});

t.test('what cannot be is refused', async (test) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--format', 'pdf'], /argument 'pdf' is invalid.*ktap/],
    [['--mail', '--tested-by', 'somebody'], /--tested-by somebody: not a name with an address\nTry: --tested-by "Name/],
    [['--output', join(base, 'no/such/folder/report')], /Cannot write .*report: ENOENT/],
  ];
  for (const [args, message] of cases) {
    const { exitCode, stderr, stdout } = await report(...args);
    test.equal(exitCode, 129, args.join(' '));
    test.match(stderr, message);
    test.equal(stdout, '');
  }
});
