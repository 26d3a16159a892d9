// SPDX-License-Identifier: GPL-2.0-only
import { execa } from 'execa';
import t from 'tap';
import { gnuBuildId } from '../../host/elf-notes.ts';
import { packCpio, type CpioEntry } from '../../rootfs/cpio.ts';

const entries: CpioEntry[] = [
  { kind: 'file', path: 'etc/deep/hello', mode: 0o640, data: Buffer.from('hello\n') },
  { kind: 'link', path: 'bin/sh', target: 'busybox' },
  { kind: 'chardev', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
];

/** Reads an archive back by the format's own rules, independently of the writer. */
function unpack(image: Buffer): { path: string; mode: number; data: string; rdev: string }[] {
  const found = [];
  for (let at = 0; ;) {
    const field = (index: number): number =>
      parseInt(image.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    if (image.toString('latin1', at, at + 6) !== '070701') throw new Error(`no magic at ${at}`);
    const path = image.toString('utf8', at + 110, at + 110 + field(11) - 1);
    const dataAt = (at + 110 + field(11) + 3) & ~3;
    if (path === 'TRAILER!!!') return found;
    found.push({
      path,
      mode: field(1),
      data: image.toString('utf8', dataAt, dataAt + field(6)),
      rdev: `${field(9)}:${field(10)}`,
    });
    at = (dataAt + field(6) + 3) & ~3;
  }
}

t.test('an archive holds what was packed, and the folders that nobody named', async (t) => {
  const found = unpack(packCpio(entries));
  t.same(
    found.map(({ path }) => path),
    ['etc', 'etc/deep', 'bin', 'dev', 'etc/deep/hello', 'bin/sh', 'dev/null'],
  );
  t.match(found[4], { mode: 0o100640, data: 'hello\n' });
  t.match(found[5], { mode: 0o120777, data: 'busybox' });
  t.match(found[6], { mode: 0o020666, rdev: '1:3' });
});

t.test('equal entries give equal bytes; archives are padded so that they can follow one another', async (t) => {
  const image = packCpio(entries);
  t.same(image, packCpio(entries));
  t.equal(image.length % 512, 0);
});

t.test('a build id is found among notes, and only there', async (t) => {
  const note = (type: number, name: string, desc: Buffer): Buffer => {
    const header = Buffer.alloc(12);
    header.writeUInt32LE(name.length, 0);
    header.writeUInt32LE(desc.length, 4);
    header.writeUInt32LE(type, 8);
    const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    return Buffer.concat([header, pad(Buffer.from(name)), pad(desc)]);
  };
  const id = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');
  const other = note(6, 'Linux\0', Buffer.alloc(4));
  t.equal(gnuBuildId(Buffer.concat([other, note(3, 'GNU\0', id)])), id.toString('hex'));
  t.equal(gnuBuildId(other), null);
  t.equal(gnuBuildId(note(3, 'GNU\0', id).subarray(0, 20)), null, 'a note cut short is no build id');
  t.equal(gnuBuildId(Buffer.alloc(0)), null);
});

t.test('GNU cpio, where it is installed, reads the same', async (t) => {
  const result = await execa('cpio', ['-t', '--quiet'], { input: packCpio(entries), reject: false, encoding: 'utf8' });
  if (result.exitCode === undefined)
    return void t.pass('GNU cpio', { skip: 'not installed here: the reader above stands alone' });
  t.match(result.stdout, 'etc/deep/hello');
});
