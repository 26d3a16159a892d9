import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { booted, root, swaprace } from '../kernel/lab.ts';

t.test('under KASAN the control’s crash is a report of the sanitizer or a NULL dereference, and is the target', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  const shipped = await readFile(join(root, 'kernel-configs/plans/short.yaml'), 'utf8');
  const plan = join(dir, 'kasan.yaml');
  await writeFile(plan, shipped.replace('fragments: [base, machine, swap, fs, debug]', 'fragments: [base, machine, swap, fs, debug, kasan]').replaceAll('256MiB', '512MiB'));
  const run = await swaprace(['run', plan, '--accel', 'tcg', '--results', join(dir, 'results')]);
  t.equal(run.exitCode, 0, run.all);
  t.match(run.stdout, /weakened: +reproduced/);
});
