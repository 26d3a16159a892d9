// SPDX-License-Identifier: GPL-2.0-only
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runOk } from '../../host/process.ts';
import { prepareSource } from '../../source/prepare.ts';
import { loadSeries } from '../../source/series.ts';
import { writeFakeKernel } from '../build/fake-kernel.ts';
import { sourceOptions } from './options.ts';

/** Every name below a folder with all that a write would change. */
async function listing(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  const lines = await Promise.all(
    ['.', ...names].map(async (name) => {
      const { mode, size, ino, nlink, mtimeNs, ctimeNs } = await lstat(join(root, name), { bigint: true });
      return [name, mode, size, ino, nlink, mtimeNs, ctimeNs].join(' ');
    }),
  );
  return lines.sort();
}

async function repository(dir: string): Promise<(...args: string[]) => Promise<void>> {
  const git = async (...args: string[]) => {
    await runOk('git', [
      '-C',
      dir,
      '-c',
      'user.name=x',
      '-c',
      'user.email=x@example.org',
      '-c',
      'commit.gpgsign=false',
      ...args,
    ]);
  };
  await writeFakeKernel(dir);
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-q', '-m', 'base');
  return git;
}

t.test('a repository is read and not written to', async (t) => {
  const dir = t.testdir({ repo: {}, cache: {} });
  const repo = join(dir, 'repo');
  const git = await repository(repo);
  await writeFile(join(repo, 'mm/swap_state.c'), 'int read_ahead = 16;\n');
  await git('commit', '-q', '-am', 'more read-ahead');
  // A stale index entry tempts git to refresh the index; an uncommitted change must not get in.
  await writeFile(join(repo, 'mm/swap_state.c'), 'int read_ahead = 99;\n');
  const before = await listing(repo);

  const options = sourceOptions(join(dir, 'cache'));
  const head = await prepareSource({ kind: 'git', path: repo, rev: 'HEAD' }, options);
  const base = await prepareSource({ kind: 'git', path: repo, rev: 'main~1' }, options);
  const series = await loadSeries(`${repo}#HEAD~1..HEAD`, options.signal, options.cacheDir);
  t.same(await listing(repo), before);

  t.match(head, {
    id: /^git-[0-9a-f]{16}$/,
    kernelVersion: '6.1.7',
    provenance: { kind: 'git', rev: 'HEAD', commit: /^[0-9a-f]{40}$/ },
  });
  t.equal(await readFile(join(head.path, 'mm/swap_state.c'), 'utf8'), 'int read_ahead = 16;\n');
  t.equal(await readFile(join(base.path, 'mm/swap_state.c'), 'utf8'), 'int read_ahead = 8;\n');
  t.match(series, {
    name: 'HEAD~1..HEAD',
    patches: [{ name: '0001: [PATCH] more read-ahead', text: /\+int read_ahead = 16;/ }],
  });
  t.same(await prepareSource({ kind: 'git', path: repo, rev: 'main' }, options), head, 'equal trees are one');
});

t.test("a revision or repository that is not there is the source's fault", async (t) => {
  const dir = t.testdir({ repo: {}, cache: {}, empty: {} });
  await repository(join(dir, 'repo'));
  const options = sourceOptions(join(dir, 'cache'));
  await t.rejects(prepareSource({ kind: 'git', path: join(dir, 'repo'), rev: 'v9.9' }, options), {
    name: 'SourceError',
    code: 'GIT_FAILED',
    message: /#v9\.9: no such revision/,
  });
  await t.rejects(prepareSource({ kind: 'git', path: join(dir, 'none'), rev: 'HEAD' }, options), {
    code: 'GIT_FAILED',
    details: /cannot change to/,
  });
});

t.test('a folder is copied, not linked, and not written to', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const src = join(dir, 'src');
  await writeFakeKernel(src);
  const before = await listing(src);
  const options = sourceOptions(join(dir, 'cache'));
  const tree = await prepareSource({ kind: 'dir', path: src }, options);
  t.same(await listing(src), before);
  const same = await Promise.all([src, tree.path].map((root) => lstat(join(root, 'mm/memory.c'))));
  t.not(same[0]?.ino, same[1]?.ino);
  t.match(tree, { id: /^dir-[0-9a-f]{16}$/, kernelVersion: '6.1.7' });

  const events = options.events.length;
  t.same(await prepareSource({ kind: 'dir', path: src }, options), tree);
  t.equal(options.events.length, events, 'an unchanged folder is not copied again');
  await writeFile(join(src, 'mm/memory.c'), 'int other;\n');
  const changed = await prepareSource({ kind: 'dir', path: src }, options);
  t.not(changed.id, tree.id);
  t.not(await readFile(join(tree.path, 'mm/memory.c'), 'utf8'), 'int other;\n', 'the earlier snapshot is what it was');
});

t.test('what a build left in a folder is cleaned in the snapshot alone', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const src = join(dir, 'src');
  await writeFakeKernel(src, { '.config': 'CONFIG_X=y\n' });
  await writeFile(
    join(src, 'Makefile'),
    `${await readFile(join(src, 'Makefile'), 'utf8')}\nmrproper:\n\t@rm -f .config\n`,
  );
  const tree = await prepareSource({ kind: 'dir', path: src }, sourceOptions(join(dir, 'cache')));
  t.notOk((await readdir(tree.path)).includes('.config'));
  t.ok((await readdir(src)).includes('.config'));
});
