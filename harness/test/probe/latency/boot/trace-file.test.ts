// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packTrace, unpackTrace } from '../../../../probe/latency/boot/trace-file.ts';

t.test('a trace is kept packed, and one that was damaged is not read in part', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'timerlat.txt');
  t.equal(await unpackTrace(null), null);
  const text = '# tracer: timerlat\n'.repeat(1000);
  await writeFile(file, text);
  await packTrace(file, `${file}.gz`);
  t.same(await readdir(dir), ['timerlat.txt.gz']);
  const packed = await readFile(`${file}.gz`);
  t.equal(await unpackTrace(packed), text);
  t.equal(await unpackTrace(packed.subarray(0, 40)), null);
});
