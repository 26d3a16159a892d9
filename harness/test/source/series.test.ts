// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { loadSeries } from '../../source/series.ts';

const signal = new AbortController().signal;
const DIFF = (file: string) => `--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-old\n+new\n`;
const mail = (subject: string, body: string) =>
  'From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\n' +
  `Date: Thu, 1 Feb 2018 10:00:00 +0800\nSubject: ${subject}\n\n${body}\n`;

t.test('a quilt folder is read in the order of its series file', async (t) => {
  const dir = t.testdir({
    mine: {
      series: '# two patches\nb.patch -p1\n\na.patch # the second\n',
      'a.patch': DIFF('a'),
      'b.patch': DIFF('b'),
      'c.patch': 'unused',
    },
  });
  const series = await loadSeries(join(dir, 'mine'), signal, dir);
  t.same(series, {
    name: 'mine',
    patches: [
      { name: 'b.patch', text: DIFF('b') },
      { name: 'a.patch', text: DIFF('a') },
    ],
  });
});

t.test('a quilt folder that is wrong is named with its line', async (t) => {
  const table = [
    [{ 'a.txt': '' }, /no file named series, no patch and no mail/],
    [{ series: 'a.patch\n' }, /series: a\.patch is not there/],
    [{ series: '\n../a.patch\n' }, /series:2: \.\.\/a\.patch is outside/],
    [{ series: {} }, /no file named series, no patch and no mail/],
    [{ series: 'a.patch\n', 'a.patch': {} }, /series: a\.patch is not there/],
    [{ series: 'a.patch -p0\n', 'a.patch': '' }, /series:1: a\.patch asks for -p0/],
  ] as const;
  for (const [content, why] of table) {
    const dir = t.testdir({ mine: content });
    await t.rejects(loadSeries(join(dir, 'mine'), signal, dir), { name: 'SourceError', message: why });
  }
});

t.test('a single patch is a series of one', async (t) => {
  const dir = t.testdir({ 'fix.diff': DIFF('mm/x.c') });
  t.same(await loadSeries(join(dir, 'fix.diff'), signal, dir), {
    name: 'fix',
    patches: [{ name: 'fix.diff', text: DIFF('mm/x.c') }],
  });
  await t.rejects(loadSeries(join(dir, 'none.patch'), signal, dir), { code: 'SERIES_MISSING' });
});

t.test('a mailbox gives its patches in the order of their numbers', async (t) => {
  const quotable =
    'From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\n' +
    'Subject: [PATCH v5 1/2] first\nContent-Type: text/plain; charset=utf-8\n' +
    'Content-Transfer-Encoding: quoted-printable\n\nBecause x =3D y.\n---\n mm/a.c | 2 +-\n\n' +
    `${DIFF('mm/a.c').replace('+new', '+new =3D 1;')}\n`;
  const dir = t.testdir({
    'thread.mbox': [
      mail('[PATCH v5 0/2] cover letter', 'Hello.'),
      mail('[PATCH v5 2/2] second', `Text.\n\n--- v4 was other\n\n---\n${DIFF('mm/b.c')}`),
      quotable,
      mail('Re: [PATCH v5 1/2] first', '> --- a/mm/a.c\n> +++ b/mm/a.c\nLooks good.'),
    ].join('\n'),
  });
  const series = await loadSeries(join(dir, 'thread.mbox'), signal, dir);
  t.equal(series.name, 'thread');
  t.match(series.patches, [
    { name: '0001: [PATCH v5 1/2] first', text: /\+new = 1;/ },
    { name: '0002: [PATCH v5 2/2] second', text: /\+\+\+ b\/mm\/b\.c/ },
  ]);
  t.equal(series.patches.length, 2);
});

t.test('a folder of mails is one thread, whatever the files are called', async (t) => {
  const saved = (subject: string, body: string): string => mail(subject, body).replace(/^From 0.*\n/, '');
  const dir = t.testdir({
    formatted: {
      '0000-cover-letter.patch': mail('[PATCH 0/2] cover', 'Hello.'),
      '0001-first.patch': mail('[PATCH 1/2] first', `---\n${DIFF('mm/a.c')}`),
      '0002-second.patch': mail('[PATCH 2/2] second', `---\n${DIFF('mm/b.c')}`),
    },
    saved: {
      'a.eml': saved('[PATCH 2/2] second', `---\n${DIFF('mm/b.c')}`),
      'b.eml': saved('[PATCH 1/2] first', `---\n${DIFF('mm/a.c')}`),
      'c.eml': saved('Re: [PATCH 1/2] first', '> +new\nNo.'),
      'notes.txt': 'not read',
    },
    plain: { 'b.patch': DIFF('b'), 'a.diff': DIFF('a') },
    mixed: { 'a.patch': mail('[PATCH] first', DIFF('mm/a.c')), 'b.patch': DIFF('b') },
  });
  for (const name of ['formatted', 'saved']) {
    const { patches } = await loadSeries(join(dir, name), signal, dir);
    t.match(patches, [{ text: /\+\+\+ b\/mm\/a\.c/ }, { text: /\+\+\+ b\/mm\/b\.c/ }]);
    t.equal(patches.length, 2, name);
  }
  t.match(await loadSeries(join(dir, 'saved', 'a.eml'), signal, dir), { patches: [{ name: /second/ }] });
  t.same(
    (await loadSeries(join(dir, 'plain'), signal, dir)).patches.map(({ name }) => name),
    ['a.diff', 'b.patch'],
  );
  await t.rejects(loadSeries(join(dir, 'mixed'), signal, dir), {
    code: 'SERIES_INVALID',
    message: /b\.patch is no mail/,
  });
});

t.test('a mailbox without or with doubled patches is refused', async (t) => {
  const dir = t.testdir({
    'talk.mbox': mail('hello', 'nothing here'),
    'twice.mbox': [mail('[PATCH 1/2] a', DIFF('a.c')), mail('[PATCH v2 1/2] a', DIFF('a.c'))].join('\n'),
  });
  await t.rejects(loadSeries(join(dir, 'talk.mbox'), signal, dir), {
    code: 'MBOX_INVALID',
    message: /there is no patch in it/,
  });
  await t.rejects(loadSeries(join(dir, 'twice.mbox'), signal, dir), {
    code: 'MBOX_INVALID',
    message: /patch 1 is there twice/,
  });
});
