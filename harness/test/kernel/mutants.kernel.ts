import t from 'tap';
import { booted, swaprace } from './lab.ts';

t.test('every fix has a mutant, its wait removed, and stress catches each', async (t) => {
  await booted(t.name);
  const run = await swaprace(['run', 'mutants', '--accel', 'tcg', '--results', t.testdir()]);
  t.equal(run.exitCode, 0, run.all);
  for (const mutant of ['v5a-no-wait', 'v5b-no-wait', 'rcu-5.3-no-wait']) {
    t.match(run.stdout, new RegExp(`${mutant.replaceAll('.', '\\.')}: +reproduced`), mutant);
  }
});
