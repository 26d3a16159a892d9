import t from 'tap';
import { parseSource, SOURCE_FORMS } from '../../../pipeline/plan-source.ts';

const sum = 'a'.repeat(64);

t.test('every form', async (test) => {
  const table: [string, object][] = [
    ['deb:linux-source-6.1', { kind: 'deb', package: 'linux-source-6.1', version: null, sha256: null }],
    [`deb:linux-source-6.1=6.1.192-1~deb12+1#sha256=${sum}`, { kind: 'deb', package: 'linux-source-6.1', version: '6.1.192-1~deb12+1', sha256: sum }],
    ['tarball:linux-6.1.tar.xz', { kind: 'tarball', location: '/plans/linux-6.1.tar.xz', sha256: null }],
    [`tarball:https://kernel.example/linux.tar.xz#sha256=${sum}`, { kind: 'tarball', location: 'https://kernel.example/linux.tar.xz', sha256: sum }],
    ['git:../linux#v6.1', { kind: 'git', path: '/linux', rev: 'v6.1' }],
    ['dir:/src/linux', { kind: 'dir', path: '/src/linux' }],
    ['prebuilt:out', { kind: 'prebuilt', path: '/plans/out' }],
  ];
  for (const [text, source] of table) test.same(parseSource(text, '/plans'), source, text);
  for (const form of SOURCE_FORMS) test.ok(table.some(([text]) => text.startsWith(form.slice(0, form.indexOf(':') + 1))), form);
});

t.test('near misses', async (test) => {
  for (const text of [
    '', 'linux', 'deb:', 'deb:Linux Source', 'deb:linux=', `deb:linux#${sum}`, 'deb:linux#sha256=abc', 'tarball:x#sha256=', 'tarball:x#',
    'git:/linux', 'git:/linux#', 'git:#v6.1', 'dir:/linux#v6.1', 'prebuilt:/x#y', 'svn:/linux', 'dir:',
  ]) {
    test.equal(parseSource(text, '/plans'), null, text);
  }
});
