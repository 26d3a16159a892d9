// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { reportGithub, reportGitlab } from '../../report/annotations.ts';
import { RUNS } from './fixtures/runs.ts';

/** A workflow command as GitHub's runner reads it: `::name key=value,key=value::message`, with its escapes undone. */
function parse(line: string): Record<string, string> {
  const [, level, properties, message] = /^::(\w+) ([^:]*)::(.*)$/.exec(line) ?? [];
  if (level === undefined || properties === undefined || message === undefined) throw new Error(`no command: ${line}`);
  const unescape = (text: string) =>
    text.replace(/%(0A|0D|25|3A|2C)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  const pairs = properties.split(',').map((pair) => pair.split('=') as [string, string]);
  return {
    level,
    message: unescape(message),
    ...Object.fromEntries(pairs.map(([key, value]) => [key, unescape(value)])),
  };
}

const github = (kind: string) => reportGithub(RUNS[kind]!.stored.run).split('\n').slice(0, -1).map(parse);

for (const [kind, { stored, status }] of Object.entries(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const levels = github(kind).map(({ level }) => level);
    test.equal(levels.includes('error') || levels.includes('warning'), status !== 0);
    const issues = JSON.parse(reportGitlab(stored.run)) as {
      fingerprint: string;
      severity: string;
      location: { path: string; lines: { begin: number } };
    }[];
    test.equal(issues.length, levels.length);
    test.equal(new Set(issues.map(({ fingerprint }) => fingerprint)).size, issues.length, 'GitLab keeps them apart');
    for (const { severity, location } of issues) {
      test.ok(['info', 'minor', 'major', 'critical', 'blocker'].includes(severity));
      test.ok(location.path !== '' && Number.isInteger(location.lines.begin));
    }
  });
}

t.test('a bug is noted at its line of the source, a missed expectation at the plan', async (test) => {
  const found = github('reproduced');
  test.match(
    found.find(({ level }) => level === 'error'),
    { file: 'plans/small.yaml', title: 'anon/stock', message: /^expected not-reproduced, got target/ },
  );
  test.match(
    found.find(({ level }) => level === 'notice'),
    { file: 'mm/swapfile.c', line: '3324', message: 'the expected bug: 3 of anon/weakened, 1 of anon/stock' },
  );
});

t.test('a title cannot begin a command of its own', async (test) => {
  const lines = reportGithub(RUNS['hostile']!.stored.run);
  test.notMatch(lines, /[\x00-\x09\x0b-\x1f\u202e]/);
  test.doesNotThrow(() => github('hostile'));
});
