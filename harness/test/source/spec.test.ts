// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { formatSourceSpec, parseSourceSpec } from '../../source/spec.ts';

const HEX = 'a'.repeat(64);

t.test('every form is read, and written back', async (t) => {
  const table = [
    ['deb:linux-source-6.1', { kind: 'deb', package: 'linux-source-6.1', version: null, sha256: null }],
    [
      'deb:linux-source-6.1=6.1.192-2',
      { kind: 'deb', package: 'linux-source-6.1', version: '6.1.192-2', sha256: null },
    ],
    [
      `deb:linux-source-6.1=6.1.192-2#sha256:${HEX}`,
      { kind: 'deb', package: 'linux-source-6.1', version: '6.1.192-2', sha256: HEX },
    ],
    ['tarball:/src/linux-4.15.tar.xz', { kind: 'tarball', location: '/src/linux-4.15.tar.xz', sha256: null }],
    [
      `tarball:https://example.org/linux-4.15.tar.xz#sha256:${HEX}`,
      { kind: 'tarball', location: 'https://example.org/linux-4.15.tar.xz', sha256: HEX },
    ],
    ['git:/src/linux#v6.1~3', { kind: 'git', path: '/src/linux', rev: 'v6.1~3' }],
    ['dir:/src/linux', { kind: 'dir', path: '/src/linux' }],
    ['prebuilt:/kernels/mine', { kind: 'prebuilt', path: '/kernels/mine' }],
  ] as const;
  for (const [text, spec] of table) {
    t.same(parseSourceSpec(text), spec);
    t.equal(formatSourceSpec(parseSourceSpec(text)), text);
  }
});

t.test('relative paths start at the base', async (t) => {
  t.same(parseSourceSpec('dir:../linux', '/plans/mine'), { kind: 'dir', path: '/plans/linux' });
  t.match(parseSourceSpec('tarball:l.tar.gz', '/plans'), { location: '/plans/l.tar.gz' });
  t.match(parseSourceSpec('git:.#HEAD', '/plans'), { path: '/plans', rev: 'HEAD' });
});

t.test('what is wrong is named with its mend', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['linux-source-6.1', /does not say what kind/],
    ['zip:linux', /no kind "zip"/],
    ['deb:', /what kind/],
    ['deb:Linux Source', /not a package name/],
    ['deb:linux-source-6.1#sha256:12', /"#sha256:12" is not #sha256: and 64 hex/],
    ['tarball:ftp://example.org/l.tar', /only http and https/],
    ['git:/src/linux', /revision is missing/],
    ['git:/src/linux#', /revision is missing/],
    ['git:/src/linux#--upload-pack=x', /not a revision/],
  ];
  for (const [text, why] of table) {
    t.throws(
      () => parseSourceSpec(text),
      { name: 'UsageError', code: 'SOURCE_INVALID', message: why, hint: /deb:PACKAGE/ },
      text,
    );
    t.throws(() => parseSourceSpec(text), { message: text }, 'the value is named');
  }
});

t.test('plain http is taken only with a sum', async (t) => {
  t.throws(() => parseSourceSpec('tarball:http://example.org/l.tar.xz'), {
    name: 'UsageError',
    code: 'SOURCE_INVALID',
    message: /plain http/,
  });
  const pinned = `tarball:http://example.org/l.tar.xz#sha256:${'a'.repeat(64)}`;
  t.match(parseSourceSpec(pinned), { location: 'http://example.org/l.tar.xz', sha256: 'a'.repeat(64) });
  t.match(parseSourceSpec('tarball:https://example.org/l.tar.xz'), { sha256: null });
});
