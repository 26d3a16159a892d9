// SPDX-License-Identifier: GPL-2.0-only
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runOk } from '../../host/process.ts';
import { baseOf } from '../../source/base.ts';
import { loadSeries } from '../../source/series.ts';

const signal = new AbortController().signal;
const dir = t.testdir({ repo: { mm: {} }, cache: {} });
const repo = join(dir, 'repo');
const git = async (...args: string[]): Promise<string> =>
  (await runOk('git', ['-C', repo, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args])).stdout.trim();

/** A history in which one line changes with every version. */
await git('init', '-q', '-b', 'main');
for (const version of [1, 2, 10, 11]) {
  await writeFile(join(repo, 'mm/x.c'), `int a;\nint version = ${version};\nint b;\n`);
  await git('add', '.');
  await git('commit', '-q', '-m', `v6.${version}`);
  await git('tag', `v6.${version}`);
}
const patch = (version: number, more = ''): string => {
  const hunk = `@@ -1,3 +1,3 @@\n int a;\n-int version = ${version};\n+int fixed;\n int b;\n`;
  return `Subject: fix\n\n---\n--- a/mm/x.c\n+++ b/mm/x.c\n${hunk}${more}`;
};

async function found(text: string) {
  const file = join(dir, 'fix.patch');
  await writeFile(file, text);
  return baseOf(repo, await loadSeries(file, signal, dir), [file], { cacheDir: join(dir, 'cache'), signal });
}

t.test('a series is for its base-commit, else for what it applies to', async (t) => {
  const second = await git('rev-parse', 'v6.2');
  t.same(await found(patch(11, `-- \n2.39\n\nbase-commit: ${second}\n`)), { rev: second, why: 'its base-commit' });
  t.same(await found(patch(11)), { rev: 'HEAD', why: 'what is checked out' });
  t.same(await found(patch(10)), { rev: 'v6.10', why: 'the newest tag to which it applies' }, 'v6.10 is after v6.2');
  const elsewhere = 'f'.repeat(40);
  t.match(await found(patch(2, `base-commit: ${elsewhere}\n`)), { rev: 'v6.2' });
  await t.rejects(found(patch(12, `base-commit: ${elsewhere}\n`)), {
    code: 'NO_BASE',
    message: /nor to 4 tags; its base-commit ffffffffffff is not in the repository/,
    hint: /--base/,
  });
  t.equal(await git('status', '--porcelain'), '', 'the repository is as it was');
  t.same(await readdir(join(dir, 'cache/tmp')), []);
});
