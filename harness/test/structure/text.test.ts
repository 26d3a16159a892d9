// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const MOST_LINES = 400;

const tracked = (await execa('git', ['ls-files'], { cwd: root })).stdout.split('\n');
const sources = tracked.filter((file) => /\.(ts|c|h|sh)$/.test(file) || /^scripts\/[a-z]+$/.test(file));
const linesOf = (file: string): string[] => readFileSync(resolve(root, file), 'utf8').split('\n');

t.test('every source says under which licence it is', async (t) => {
  for (const file of sources) t.match(linesOf(file).slice(0, 2).join('\n'), 'SPDX-License-Identifier: ', file);
});

t.test(`no file of the harness has more than ${MOST_LINES} lines`, async (t) => {
  const harness = sources.filter((file) => file.startsWith('harness/') && !file.startsWith('harness/test/'));
  t.same(
    harness.filter((file) => linesOf(file).length > MOST_LINES + 1),
    [],
  );
});

t.test('the rules are not vacuous', async (t) => {
  t.ok(sources.length > 300);
});
