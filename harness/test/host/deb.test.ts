// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { debEntries } from '../../host/deb.ts';

/** More than a pipe holds. */
const BYTES = 4 * 1024 * 1024;

async function makeDeb(dir: string): Promise<string> {
  await writeFile(
    join(dir, 'tree/DEBIAN/control'),
    'Package: made-up\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: made up\n',
  );
  for (const name of ['a', 'b']) await writeFile(join(dir, 'tree/files', name), randomBytes(BYTES));
  const deb = join(dir, 'made-up.deb');
  await execa('dpkg-deb', ['--build', '--root-owner-group', '-Znone', join(dir, 'tree'), deb]);
  return deb;
}

const signal = new AbortController().signal;

const children = (): Promise<string> => readFile(`/proc/self/task/${process.pid}/children`, 'utf8');

t.test('files come in their order', async (t) => {
  const deb = await makeDeb(t.testdir({ tree: { DEBIAN: {}, files: {} } }));
  const sizes: Record<string, number | undefined> = {};
  for await (const { header, stream } of debEntries(deb, signal)) {
    if (header.type === 'file') sizes[header.name] = header.size;
    stream.resume();
  }
  t.same(sizes, { 'files/a': BYTES, 'files/b': BYTES });
});

t.test('a consumer that stops early leaves no dpkg-deb that waits for it', async (t) => {
  const deb = await makeDeb(t.testdir({ tree: { DEBIAN: {}, files: {} } }));
  const before = await children();
  for await (const { header } of debEntries(deb, signal)) if (header.type === 'file') break;
  t.equal(await children(), before);
  const failing = async (): Promise<void> => {
    for await (const { header } of debEntries(deb, signal)) if (header.type === 'file') throw new Error('no room');
  };
  await t.rejects(failing(), { message: 'no room' });
  t.equal(await children(), before);
});

t.test('a package that was cut off is the host’s fault, and said to be', async (t) => {
  const deb = await makeDeb(t.testdir({ tree: { DEBIAN: {}, files: {} } }));
  await truncate(deb, BYTES);
  const reading = async (): Promise<void> => {
    for await (const { stream } of debEntries(deb, signal)) stream.resume();
  };
  await t.rejects(reading(), { code: 'DEB_UNREADABLE', fault: 'host', hint: `rm ${deb}, and start again` });
});
