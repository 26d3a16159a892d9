// SPDX-License-Identifier: GPL-2.0-only
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { PatchedFiles } from '../../model/kernel.ts';
import { patchTree } from '../../source/patch.ts';
import { readPatch } from '../../source/patch-text.ts';
import { parsePatchOutput } from '../../source/patch-output.ts';
import { fakeTree, replaceLine, series } from '../build/fake-kernel.ts';

const signal = new AbortController().signal;

async function apply(t: Tap, ...texts: string[]): Promise<PatchedFiles> {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'), {
    'mm/long.c': Array.from({ length: 40 }, (_, line) => `line ${line + 1}\n`).join(''),
  });
  return patchTree({
    tree,
    series: [series('mine', ...texts.map((text, index) => ({ name: `${index + 1}.patch`, text })))],
    cacheDir: join(dir, 'cache'),
    signal,
  });
}

/** What a test of tap's is used for here. */
interface Tap {
  testdir(content: { src: {}; cache: {} }): string;
}

const textOf = (files: PatchedFiles, name: string) => Buffer.from(files.get(name)?.content ?? '').toString();
const HUNK = (at: number, context = 'line') =>
  `--- a/mm/long.c\n+++ b/mm/long.c\n@@ -${at},3 +${at},3 @@\n ${context} 10\n-line 11\n+LINE 11\n line 12\n`;

t.test('patches build on each other and only what differs is returned', async (t) => {
  const there = replaceLine('mm/swap_state.c', 1, 'int read_ahead = 8;', 'int read_ahead = 4;').text;
  const back = replaceLine('mm/swap_state.c', 1, 'int read_ahead = 4;', 'int read_ahead = 8;').text;
  t.equal(textOf(await apply(t, there), 'mm/swap_state.c'), 'int read_ahead = 4;\n');
  t.same([...(await apply(t, there, back)).keys()], [], 'there and back again is no change');
});

t.test('an offset is accepted', async (t) => {
  t.match(textOf(await apply(t, HUNK(7)), 'mm/long.c'), 'line 10\nLINE 11\nline 12');
});

t.test('fuzz is refused, and said to be what it would take', async (t) => {
  const error = await apply(t, HUNK(10, 'other')).catch((error: unknown) => error);
  t.match(error, {
    name: 'SourceError',
    code: 'PATCH_REJECTED',
    message:
      'Cannot apply 1.patch of series mine to 6.1.7: mm/long.c: hunk 1 at line 10: the lines around it are others',
    hint: /would apply with fuzz/,
    details: /-line 11\n\+LINE 11/,
  });
});

t.test('a patch that does not apply is named with file, hunk and rejected lines', async (t) => {
  const bad =
    `${HUNK(10)}@@ -30,3 +30,3 @@\n line 30\n-line 99\n+LINE 99\n line 32\n--- a/mm/gone.c\n` +
    '+++ b/mm/gone.c\n@@ -1 +1 @@\n-x\n+y\n';
  const error = await apply(t, bad).catch((error: unknown) => error);
  t.match(error, {
    code: 'PATCH_REJECTED',
    message: /1\.patch of series mine to 6\.1\.7: mm\/long\.c: hunk 2 at line 30: .* \(and 1 more\)$/,
    hint: /check the order/,
  });
  t.match(error, { details: /mm\/gone\.c: there is no such file in the tree/ });
  t.match(error, { details: /-line 99\n\+LINE 99/ });
  await t.rejects(apply(t, HUNK(10), HUNK(10)), { message: /2\.patch.*mm\/long\.c/ }, 'applied twice');
});

t.test('files are created, deleted, renamed and made executable', async (t) => {
  const create =
    'diff --git a/scripts/new b/scripts/new\nnew file mode 100755\n--- /dev/null\n+++ b/scripts/new\n' +
    '@@ -0,0 +1 @@\n+#!/bin/sh\n';
  const remove = '--- a/mm/swap_state.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int read_ahead = 8;\n';
  const rename =
    'diff --git a/include/swap.h b/include/swap2.h\nsimilarity index 100%\nrename from include/swap.h\n' +
    'rename to include/swap2.h\n';
  const files = await apply(t, create, remove, rename);
  t.same([...files.keys()], ['include/swap.h', 'include/swap2.h', 'mm/swap_state.c', 'scripts/new']);
  t.equal(files.get('mm/swap_state.c'), null);
  t.equal(files.get('include/swap.h'), null);
  t.match(files.get('scripts/new'), { executable: true });
  t.match(files.get('include/swap2.h'), { executable: false });
});

t.test('a patch cannot name what is outside the tree', async (t) => {
  for (const name of ['a/../../etc/passwd', '/etc/passwd']) {
    await t.rejects(apply(t, `--- ${name}\n+++ ${name}\n@@ -1 +1 @@\n-x\n+y\n`), {
      name: 'SourceError',
      code: 'PATCH_INVALID',
      message: /outside the tree/,
    });
  }
  await t.rejects(apply(t, 'no diff at all\n'), { code: 'PATCH_EMPTY' });
});

t.test('a patch with a symbolic link is refused, and none is read through', async (t) => {
  const link = (target: string, mode = '120000') =>
    `diff --git a/tools/link b/tools/link\nnew file mode ${mode}\n--- /dev/null\n+++ b/tools/link\n` +
    `@@ -0,0 +1 @@\n+${target}\n\\ No newline at end of file\n`;
  const refused = { name: 'SourceError', code: 'PATCH_INVALID', message: /symbolic link or a submodule/ };
  await t.rejects(apply(t, link('/etc/hostname')), refused);
  await t.rejects(apply(t, link('../mm/long.c')), refused);
  await t.rejects(apply(t, link('Subproject commit 1', '160000')), refused);
  await t.rejects(
    apply(t, 'diff --git a/l b/l\ndeleted file mode 120000\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n'),
    refused,
  );
  t.equal(textOf(await apply(t, link('new file mode 120000', '100644')), 'tools/link'), 'new file mode 120000');

  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  await symlink('/etc/hostname', join(tree.path, 'host'));
  const text = 'diff --git a/host b/mm/host\nsimilarity index 100%\nrename from host\nrename to mm/host\n';
  const patched = patchTree({
    tree,
    series: [series('mine', { name: '1.patch', text })],
    cacheDir: join(dir, 'cache'),
    signal,
  });
  await t.rejects(patched, { name: 'SourceError' });
});

t.test('an ed script after the header of a unified diff is refused', async (t) => {
  const script = '--- a/mm/long.c\n+++ b/mm/long.c\n1a\nint from_ed;\n.\n';
  const refused = { name: 'SourceError', code: 'PATCH_INVALID', message: /no unified hunk after/ };
  const ed = '1a\nint from_ed;\n.\n';
  for (const header of ['', 'Index: a/mm/long.c\n', 'Index: mm/long.c\n====\n', '*** a/mm/long.c\n--- b/mm/long.c\n']) {
    const changed = await apply(t, `${HUNK(10)}${header}${ed}`);
    t.notMatch(textOf(changed, 'mm/long.c'), 'from_ed', header);
  }
  await t.rejects(apply(t, script), refused);
  await t.rejects(apply(t, `${HUNK(10)}${script}`), refused);
  await t.rejects(apply(t, '*** a/mm/long.c\n--- b/mm/long.c\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n'), {
    name: 'SourceError',
  });
});

t.test('what patch would pass over silently is refused', async (t) => {
  const git = 'diff --git a/mm/long.c b/mm/long.c\nindex 0123abc..4567def 100644\n';
  for (const [text, why] of [
    [`${git}Binary files a/mm/long.c and b/mm/long.c differ\n`, /binary file/],
    [`${git}GIT binary patch\nliteral 5\nMc$\n`, /binary file/],
    [`${HUNK(10)}\nsome words\n@@ -30,3 +30,3 @@\n line 30\n-line 31\n+x\n line 32\n`, /no header before line 10/],
  ] as const)
    await t.rejects(apply(t, text), { name: 'SourceError', code: 'PATCH_INVALID', message: why });
  const quoted = `It was:\n@@ -1,9 +1,9 @@\nBinary files a and b differ\n---\n${HUNK(10)}-- \n2.39.5\n`;
  t.match(textOf(await apply(t, quoted), 'mm/long.c'), 'LINE 11', 'a description may quote such lines');
});

t.test('variables of patch(1) change nothing', async (t) => {
  const names = ['POSIXLY_CORRECT', 'VERSION_CONTROL', 'QUOTING_STYLE', 'PATCH_GET'];
  const before = names.map((name) => [name, process.env[name]] as const);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, { POSIXLY_CORRECT: '1', VERSION_CONTROL: 'x', QUOTING_STYLE: 'shell', PATCH_GET: '1' });
  const error = await apply(t, HUNK(10, 'other')).catch((error: unknown) => error);
  t.match(error, { code: 'PATCH_REJECTED', message: /mm\/long\.c: hunk 1 at line 10/, hint: /would apply with fuzz/ });
});

t.test('content that looks like a header is not one', async (t) => {
  const tricky =
    '--- a description, not a header\nIndex: of things\n\n--- a/mm/x.c\t2018-02-01\n' +
    '+++ b/mm/x.c\t2018-02-01\n@@ -1,2 +1,2 @@\n--- a/mm/fake.c\n+++ b/mm/fake.c\n \n--- a/mm/y.c\n' +
    '+++ b/mm/y.c\n@@ -1 +1 @@\n-x\n+y\n';
  t.same(readPatch('tricky', tricky).files, ['mm/x.c', 'mm/y.c']);
});

t.test('the messages of patch are read', async (t) => {
  const said = (text: string) => parsePatchOutput(text)[0]?.reason;
  t.equal(
    said('patching file mm/x.c\nReversed (or previously applied) patch detected!  Skipping patch.\n'),
    'it is already applied',
  );
  t.equal(
    said('The next patch would create the file mm/x.c,\nwhich already exists!  Skipping patch.\n'),
    'the file to be created exists already',
  );
  t.equal(said('patch: **** malformed patch at line 9: @@ -1'), 'malformed patch at line 9: @@ -1');
  t.same(parsePatchOutput('patching file mm/x.c\nHunk #1 succeeded at 9 (offset 2 lines).\n'), []);
});
