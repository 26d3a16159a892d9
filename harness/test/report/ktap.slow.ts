// SPDX-License-Identifier: GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { reportKtap } from '../../report/ktap.ts';
import { suitesOf } from '../../report/suites.ts';
import { RUNS } from './fixtures/runs.ts';

/** A result as Documentation/dev-tools/ktap.rst defines its line. */
interface Result {
  readonly ok: boolean;
  readonly name: string;
  readonly directive: string | null;
  readonly children: readonly Result[];
}

const RESULT = /^(ok|not ok) (\d+)(?: ([^#]*?))?(?: # ?(.*))?$/;
const DIRECTIVE = /^(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b/;

/** Reads one level: version line, plan, results, with two spaces more for what is nested. Throws for any other line. */
function parseLevel(lines: string[], indent: string): Result[] {
  const take = (): string => (lines.shift() ?? '').slice(indent.length);
  if (take() !== 'KTAP version 1') throw new Error('no version line');
  const plan = /^1\.\.(\d+)$/.exec(take());
  if (plan === null) throw new Error('no plan after the version line');
  const results: Result[] = [];
  let children: readonly Result[] = [];
  while (lines[0] !== undefined && lines[0].startsWith(indent) && lines[0] !== '') {
    const line = lines[0].slice(indent.length);
    if (line.startsWith('  KTAP version')) {
      children = parseLevel(lines, `${indent}  `);
      continue;
    }
    if (line.startsWith(' ')) throw new Error(`a level too deep: ${line}`);
    lines.shift();
    if (line.startsWith('# ')) continue;
    const [, word, number, name, after] = RESULT.exec(line) ?? [];
    if (word === undefined) throw new Error(`an unknown line: ${line}`);
    if (Number(number) !== results.length + 1) throw new Error(`number ${number} after ${results.length}`);
    const directive = DIRECTIVE.exec(after ?? '')?.[1] ?? null;
    if (word === 'ok' && (directive === 'ERROR' || directive === 'TIMEOUT')) throw new Error(`${directive} that is ok`);
    results.push({ ok: word === 'ok', name: name ?? '', directive, children });
    children = [];
  }
  if (results.length !== Number(plan[1])) throw new Error(`${results.length} results, ${plan[1]} planned`);
  return results;
}

function parse(ktap: string): Result[] {
  const lines = ktap.split('\n');
  if (lines.pop() !== '') throw new Error('no newline at the end');
  const results = parseLevel(lines, '');
  if (lines.length > 0) throw new Error(`after the end: ${lines[0]}`);
  return results;
}

for (const [kind, { stored, status }] of Object.entries(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const results = parse(reportKtap(suitesOf(stored.run)));
    test.same(
      results.map(({ name }) => name),
      kind.startsWith('placed') ? ['anon', 'placed', 'run'] : ['anon', 'run'],
    );
    test.same(
      results[0]?.children.map(({ name }) => name),
      ['unpatched', 'weakened', 'v5b', 'stock'],
    );
    test.equal(
      results.every(({ ok }) => ok),
      status === 0,
    );
    for (const { ok, children } of results)
      test.equal(
        ok,
        children.every((child) => child.ok),
        'a parent fails with its children',
      );
  });
}

t.test('directives', async (test) => {
  const stock = (kind: string, index = 3) => parse(reportKtap(suitesOf(RUNS[kind]!.stored.run)))[0]?.children[index];
  test.match(stock('known hang', 2), { ok: true, directive: 'XFAIL' });
  test.match(stock('inconclusive'), { ok: false, directive: 'ERROR' });
  test.match(stock('reproduced'), { ok: false, directive: null });
});

t.test('the parser of these tests can refuse', async (test) => {
  for (const broken of [
    'ok 1 a\n',
    'KTAP version 1\nok 1 a\n',
    'KTAP version 1\n1..2\nok 1 a\n',
    'KTAP version 1\n1..1\nok 2 a\n',
    'KTAP version 1\n1..1\nok 1 a # ERROR x\n',
    'KTAP version 1\n1..1\nhello\nok 1 a\n',
  ]) {
    test.throws(() => parse(broken), Error, broken);
  }
});

/** A kernel tree's own reader of KTAP, where the cache has one unpacked. */
function kunitParser(): string | null {
  const cache = process.env['SWAPRACE_CACHE'] ?? join(homedir(), '.cache/swaprace');
  const sources = existsSync(join(cache, 'sources')) ? readdirSync(join(cache, 'sources')) : [];
  const files = sources.map((name) => join(cache, 'sources', name, 'tree/tools/testing/kunit/kunit_parser.py'));
  return files.find((file) => existsSync(file)) ?? null;
}

const kunit = kunitParser();
t.test('the kernel reads it itself', { skip: kunit === null ? 'no unpacked kernel tree' : false }, async (test) => {
  const python = [
    'import sys, json',
    'sys.dont_write_bytecode = True',
    'sys.path.insert(0, sys.argv[1])',
    'import kunit_parser',
    'test = kunit_parser.parse_run_tests(sys.stdin.read().splitlines())',
    'print(json.dumps({"status": test.status.name, "passed": test.counts.passed, "failed": test.counts.failed, "errors": test.counts.errors}))',
  ].join('\n');
  for (const [kind, { stored, status }] of Object.entries(RUNS)) {
    const said = execFileSync('python3', ['-c', python, dirname(kunit as string)], {
      input: reportKtap(suitesOf(stored.run)),
      encoding: 'utf8',
    });
    const {
      passed,
      failed,
      errors,
      status: word,
    } = JSON.parse(said.trim().split('\n').at(-1) ?? '') as {
      passed: number;
      failed: number;
      errors: number;
      status: string;
    };
    test.equal(passed + failed, kind.startsWith('placed') ? 7 : 5, `${kind}: it finds every point`);
    test.equal(errors, 0, `${kind}: and nothing wrong with the form`);
    test.equal(word, status === 0 ? 'SUCCESS' : 'FAILURE', kind);
  }
});
