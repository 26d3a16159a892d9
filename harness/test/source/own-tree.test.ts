// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';
import { cp, lstat, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { exists } from '../../host/files.ts';
import { trustedFolders } from '../../host/git.ts';
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

t.test('a repository runs nothing, and its attributes and settings change no byte', async (t) => {
  const dir = t.testdir({ repo: {}, clone: {}, cache: {}, other: {} });
  const [repo, clone] = [join(dir, 'repo'), join(dir, 'clone')];
  const git = await repository(repo);
  await writeFile(join(repo, 'run me'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('mm/memory.c', join(repo, 'link'));
  await git('add', '.');
  await git('commit', '-q', '-m', 'a link');
  await writeFile(join(repo, 'mm/swap_state.c'), 'int read_ahead = 16;\n');
  await git('commit', '-q', '-am', 'more read-ahead');
  await git('clone', '-q', '--no-hardlinks', repo, clone);
  const ran = join(dir, 'ran');
  const attributes = '*.c filter=x text diff=x\nmm/Kconfig export-ignore\nlink export-ignore\nKconfig -diff\n';
  await writeFile(join(repo, '.git/info/attributes'), attributes);
  for (const [key, value] of [
    ['filter.x.smudge', `sh -c "touch ${ran}; echo int injected"`],
    ['core.fsmonitor', `sh -c "touch ${ran}"`],
    ['diff.x.textconv', `sh -c "touch ${ran}; cat"`],
    ['core.eol', 'crlf'],
    ['diff.noprefix', 'true'],
    ['format.attach', 'true'],
  ] as const)
    await git('config', key, value);
  const [hostile, honest] = await Promise.all(
    [repo, clone].map((path, at) =>
      prepareSource({ kind: 'git', path, rev: 'HEAD' }, sourceOptions(join(dir, 'cache', String(at)))),
    ),
  );
  const contents = async (root: string) => (await runOk('tar', ['-C', root, '--mtime=@0', '-c', '.'])).stdout;
  t.equal(hostile?.id, honest?.id);
  t.equal(await contents(hostile?.path ?? ''), await contents(honest?.path ?? ''));
  t.equal(await readlink(join(hostile?.path ?? '', 'link')), 'mm/memory.c');
  t.equal((await lstat(join(hostile?.path ?? '', 'run me'))).mode & 0o111, 0o111);
  const signal = new AbortController().signal;
  const [theirs, plain] = await Promise.all(
    [repo, clone].map((path) => loadSeries(`${path}#HEAD~1..HEAD`, signal, dir)),
  );
  t.same(theirs, plain);
  t.notOk(await exists(ran));
});

t.test('no variable of git names another repository or another setting', async (t) => {
  const dir = t.testdir({ repo: {}, other: {}, cache: {} });
  await repository(join(dir, 'repo'));
  const git = await repository(join(dir, 'other'));
  await writeFile(join(dir, 'other/Makefile'), 'kernelversion:\n\t@echo 9.9.9\n');
  await git('commit', '-q', '-am', 'another');
  const names = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0'] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, {
    GIT_DIR: join(dir, 'other/.git'),
    GIT_WORK_TREE: join(dir, 'other'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'core.worktree',
    GIT_CONFIG_VALUE_0: '/none',
  });
  const source = { kind: 'git', path: join(dir, 'repo'), rev: 'HEAD' } as const;
  t.match(await prepareSource(source, sourceOptions(join(dir, 'cache'))), { kernelVersion: '6.1.7' });

  Object.assign(process.env, { GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '/src/linux' });
  t.same((await trustedFolders(new AbortController().signal)).slice(-2), ['-c', 'safe.directory=/src/linux']);
});

t.test('an object whose content is not what its id says is refused', async (t) => {
  const dir = t.testdir({ repo: {}, cache: {} });
  const repo = join(dir, 'repo');
  const git = await repository(repo);
  const options = sourceOptions(join(dir, 'cache'));
  const idOf = async (path: string) => (await runOk('git', ['-C', repo, 'rev-parse', `HEAD:${path}`])).stdout.trim();
  const objectFile = (id: string) => join(repo, '.git/objects', id.slice(0, 2), id.slice(2));
  const [victim, other] = [await idOf('mm/swapfile.c'), await idOf('mm/memory.c')];
  await rename(objectFile(victim), join(dir, 'kept'));
  await cp(objectFile(other), objectFile(victim), { force: true });
  await t.rejects(prepareSource({ kind: 'git', path: repo, rev: 'HEAD' }, options), {
    code: 'GIT_FAILED',
    message: victim,
  });
  await rename(join(dir, 'kept'), objectFile(victim));
  const [folder, include] = [await idOf('mm'), await idOf('include')];
  await rename(objectFile(folder), join(dir, 'kept'));
  await cp(objectFile(include), objectFile(folder));
  await t.rejects(prepareSource({ kind: 'git', path: repo, rev: 'HEAD' }, options), { code: 'GIT_FAILED' });
  await rm(objectFile(folder));
  await t.rejects(prepareSource({ kind: 'git', path: repo, rev: 'HEAD' }, options), { code: 'GIT_FAILED' });
  await rename(join(dir, 'kept'), objectFile(folder));
  // What git replaces is not what the commit stands for.
  await git('replace', victim, other);
  const tree = await prepareSource({ kind: 'git', path: repo, rev: 'HEAD' }, options);
  t.match(await readFile(join(tree.path, 'mm/swapfile.c'), 'utf8'), /int swap_map/);
});

t.test('a link that leaves the tree, and what no kernel has, is refused', async (t) => {
  const dir = t.testdir({ repo: {}, cache: {} });
  const git = await repository(join(dir, 'repo'));
  await symlink('../../etc', join(dir, 'repo/out'));
  // More than a pipe and a stream hold: git has it ready when the link is refused, and nobody reads it.
  await writeFile(join(dir, 'repo/rest'), randomBytes(1 << 20));
  await git('add', '.');
  await git('commit', '-q', '-m', 'out');
  await t.rejects(
    prepareSource({ kind: 'git', path: join(dir, 'repo'), rev: 'HEAD' }, sourceOptions(join(dir, 'cache'))),
    { code: 'ARCHIVE_REFUSED', message: /"out" is refused/ },
  );
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

t.test('a tree that was written to, emptied or half removed is found', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  await writeFakeKernel(join(dir, 'src'));
  const options = sourceOptions(join(dir, 'cache'));
  const prepare = () => prepareSource({ kind: 'dir', path: join(dir, 'src') }, options);
  const tree = await prepare();
  const entry = dirname(tree.path);
  const file = join(tree.path, 'mm/memory.c');
  const content = await readFile(file, 'utf8');
  const fix = `rm -r ${entry} ${join(dir, 'cache/trees', tree.id)}, then run again: it is unpacked again`;
  for (const other of [content.replace('swap_map', 'swap_mop'), '', null]) {
    await (other === null ? rm(file) : writeFile(file, other));
    await t.rejects(prepare(), { name: 'HostError', code: 'CACHE_DAMAGED', hint: fix });
  }
  // Written again as it was: other dates, the same content, as in a cache that was copied.
  await writeFile(file, content);
  t.same(await prepare(), tree);
  for (const damaged of ['', '{"content":1}']) {
    await writeFile(join(entry, 'sums.json'), damaged);
    t.same(await prepare(), tree);
  }
  const [note = ''] = (await readdir(dirname(entry))).filter((name) => name.startsWith('dir_'));
  for (const damaged of ['', '../x']) {
    await writeFile(join(dirname(entry), note), damaged);
    t.same(await prepare(), tree);
  }
  await rm(join(entry, 'source.json'));
  t.same(await prepare(), tree, 'a folder without a record is made again');
  t.same(await readdir(join(dir, 'cache/tmp')), []);
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
