// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { Parser, type FinalResults } from 'tap-parser';
import { reportTap } from '../../report/tap.ts';
import { suitesOf } from '../../report/suites.ts';
import { RUNS } from './fixtures/runs.ts';

interface Read {
  readonly results: FinalResults;
  readonly names: readonly string[];
  readonly strangers: readonly string[];
}

/** What the toolchain's own parser makes of a report; it refuses in strict mode whatever is not TAP. */
function parse(tap: string): Read {
  const names: string[] = [];
  const strangers: string[] = [];
  const watch = (parser: Parser, prefix: string): void => {
    parser.on('assert', (result) => names.push(`${prefix}${result.name}`));
    parser.on('extra', (line) => strangers.push(line));
    parser.on('child', (child: Parser) => watch(child, `${prefix}${child.name}/`));
  };
  const parser = new Parser({ strict: true });
  watch(parser, '');
  parser.end(tap);
  return { results: parser.results as FinalResults, names, strangers };
}

for (const [kind, { stored, status }] of Object.entries(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    test.equal(stored.run.verdict.status, status, 'the run is what its name says');
    const { results, names, strangers } = parse(reportTap(suitesOf(stored.run)));
    test.equal(results.ok, status === 0, 'good for the parser exactly when the exit status is 0');
    test.equal(results.bailout, false);
    test.same(strangers, [], 'no line that is not TAP');
    const placed = kind.startsWith('placed') ? ['placed/weakened', 'placed/stock', 'placed'] : [];
    test.same(names, [
      'anon/unpatched',
      'anon/weakened',
      'anon/v5b',
      'anon/stock',
      'anon',
      ...placed,
      'run/exit-status',
      'run',
    ]);
  });
}

t.test('a known finding is a TODO with its reason', async (test) => {
  const text = reportTap(suitesOf(RUNS['known hang']!.stored.run));
  test.match(text, /^ {4}not ok 3 - v5b # TODO known finding: hang$/m);
});

t.test('what a kernel said stays inside its string', async (test) => {
  const text = reportTap(suitesOf(RUNS['hostile']!.stored.run));
  test.notMatch(text, /[\x00-\x09\x0b-\x1f]/);
  test.notMatch(text, /^ *# SKIP/m);
  test.ok(text.length < 100_000, 'a line of 5 MB is cut');
});
