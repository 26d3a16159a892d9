// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import type { PatchedFiles } from '../../model/kernel.ts';
import { patchTree } from '../../source/patch.ts';
import { filesOfPatch } from '../../source/patch-text.ts';
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

t.test('content that looks like a header is not one', async (t) => {
  const tricky =
    '--- a description, not a header\nIndex: of things\n\n--- a/mm/x.c\t2018-02-01\n' +
    '+++ b/mm/x.c\t2018-02-01\n@@ -1,2 +1,2 @@\n--- a/mm/fake.c\n+++ b/mm/fake.c\n \n--- a/mm/y.c\n' +
    '+++ b/mm/y.c\n@@ -1 +1 @@\n-x\n+y\n';
  t.same(filesOfPatch('tricky', tricky), ['mm/x.c', 'mm/y.c']);
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
