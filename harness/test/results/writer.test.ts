// SPDX-License-Identifier: GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROBES } from '../../probe/table.ts';
import { readRun } from '../../results/reader.ts';
import { newRunId } from '../../results/run-id.ts';
import { createRun } from '../../results/writer.ts';
import { makeStep } from '../probe/stress/fixtures/make.ts';
import { makeRun, newRun, plan } from './fixtures/make-run.ts';

const END = {
  ...{ kind: 'boot-failed', message: 'silent', guestBuildId: null, detail: null },
  ...{ startedAt: '2026-11-22T09:00:00.000Z', endedAt: '2026-11-22T09:01:00.000Z' },
};
const NO_SYMBOLS = { frames: {}, places: {} };

t.test('run ids sort by time and differ within a millisecond', async (test) => {
  const early = newRunId(new Date('2026-11-22T09:17:04.123Z'), '000000');
  test.equal(early, '20261122T091704.123Z-000000');
  const later = newRunId(new Date('2026-11-22T09:17:04.124Z'), '000000');
  const nextYear = newRunId(new Date('2027-01-01T00:00:00.000Z'), '000000');
  test.same([nextYear, later, early].sort(), [early, later, nextYear]);
  const now = new Date();
  test.not(newRunId(now), newRunId(now));
});

t.test('two runs at once get folders of their own', async (test) => {
  const results = test.testdir({});
  const now = new Date('2026-11-22T09:17:04.123Z');
  const ids = ['same', 'same', 'same', 'other'];
  const newId = () => ids.shift() ?? 'none';
  const one = await createRun(results, newRun, { now, newId });
  const two = await createRun(results, newRun, { now, newId });
  test.same([one.header.id, two.header.id], ['same', 'other']);
  await test.rejects(createRun(results, newRun, { now, newId: () => 'same' }), { code: 'EEXIST' });
  const many = await Promise.all(Array.from({ length: 8 }, () => createRun(results, newRun, { now })));
  test.equal(new Set(many.map(({ dir }) => dir)).size, 8);
});

t.test('run.json is there from the start and follows changes', async (test) => {
  const writer = await createRun(test.testdir({}), newRun, { now: new Date('2026-11-22T09:17:04.123Z') });
  const read = () => JSON.parse(readFileSync(join(writer.dir, 'run.json'), 'utf8'));
  test.match(read(), { schema: 2, id: writer.header.id, plan: { text: plan.text, seed: 1 } });
  await writer.update({ troubles: [{ fault: 'build', variant: 'stock', message: 'no gcc' }] });
  test.match(read(), { troubles: [{ variant: 'stock' }], id: writer.header.id });
  test.same(readdirSync(writer.dir).sort(), ['manifest.jsonl', 'run.json', 'steps'], 'no temporary file stays');
});

t.test('a step appears when it is whole, and is made once', async (test) => {
  const writer = await createRun(test.testdir({}), newRun);
  const step = makeStep();
  const open = await writer.begin(step);
  writeFileSync(open.path('console.log'), 'half a conso');
  test.equal(readdirSync(join(writer.dir, 'steps')).filter((name) => !name.startsWith('.')).length, 0);
  const again = await writer.begin(step);
  test.equal(readFileSync(again.path('console.log'), 'utf8'), 'half a conso', 'what an earlier start left is there');
  const hash = await again.commit(END, {}, NO_SYMBOLS);
  test.ok(existsSync(join(writer.dir, 'steps', hash, 'console.log')));
  await test.rejects(writer.begin(step), { name: 'HostError', code: 'STEP_EXISTS' });
  for (const name of ['../x', 'a/b', 'step.json', '..'])
    test.throws(() => again.path(name), { code: 'NOT_A_RAW_FILE' }, name);
});

t.test('a finished run can be read back and is what sha256sum expects', async (test) => {
  const dir = await makeRun(test.testdir({}));
  const run = await readRun(dir, PROBES);
  test.match(run, { verdict: { status: 0 }, header: { planFile: 'plans/small.yaml' } });
  test.same(
    run.steps.map(({ step, end }) => [step.variant, step.index, end.kind]),
    [
      ['weakened', 0, 'splat'],
      ['weakened', 1, 'splat'],
      ['weakened', 2, 'splat'],
      ['stock', 0, 'completed'],
      ['weakened', 3, 'splat'],
    ],
  );
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: dir });
});

t.test('a file that cannot be read is named', async (test) => {
  const dir = await makeRun(test.testdir({}));
  const path = join(dir, 'verdict.json');
  writeFileSync(path, '{"status": 7}');
  const unreadable = { name: 'HostError', code: 'RUN_UNREADABLE', message: /verdict\.json.*status/s };
  await test.rejects(readRun(dir, PROBES), unreadable);
  writeFileSync(path, '{');
  await test.rejects(readRun(dir, PROBES), { code: 'RUN_UNREADABLE', message: /verdict\.json/ });
  writeFileSync(join(dir, 'run.json'), '{"schema": 1}');
  await test.rejects(readRun(dir, PROBES), { code: 'OLDER_LAYOUT', hint: 'read it with swaprace 0.1' });
});

t.test(
  'results that cannot be written are the fault of the host',
  { skip: process.getuid?.() === 0 && 'root may write anywhere' },
  async (test) => {
    const results = test.testdir({});
    chmodSync(results, 0o500);
    await test.rejects(createRun(results, newRun), { name: 'HostError', code: 'NOT_WRITABLE' });
  },
);
