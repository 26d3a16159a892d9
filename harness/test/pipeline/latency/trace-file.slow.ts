// SPDX-License-Identifier: GPL-2.0-only
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packTrace, readTrace } from '../../../pipeline/latency/trace-file.ts';

t.test('a trace is kept packed, and one that was damaged is not read in part', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'timerlat.txt');
  t.equal(await readTrace(file), null);
  const text = '# tracer: timerlat\n'.repeat(1000);
  await writeFile(file, text);
  await packTrace(file);
  t.same(await readdir(dir), ['timerlat.txt.gz']);
  t.equal(await readTrace(file), text);
  await truncate(`${file}.gz`, 40);
  await t.rejects(readTrace(file), { code: 'TRACE_DAMAGED', message: /timerlat.txt.gz is not what was packed/ });
});
