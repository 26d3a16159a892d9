// SPDX-License-Identifier: GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { audit } from '../../store/audit.ts';
import { readRun } from '../../store/read.ts';
import { newRunId } from '../../results/run-id.ts';
import { createRun } from '../../store/run-store.ts';
import { FAKE_TRIALS, makeRun, newRun, plan, storeTrial, tools } from './fixtures/make-run.ts';

const first = FAKE_TRIALS[0];
if (first === undefined) throw new Error('no trial');

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
  test.same([one.record.id, two.record.id], ['same', 'other']);
  await test.rejects(
    createRun(results, newRun, { now, newId: () => 'same' }),
    { code: 'EEXIST' },
    'an id that is always taken',
  );
  const many = await Promise.all(Array.from({ length: 8 }, () => createRun(results, newRun, { now })));
  test.equal(new Set(many.map((store) => store.dir)).size, 8);
});

t.test('run.json is there from the start and follows changes', async (test) => {
  const store = await createRun(test.testdir({}), newRun, { now: new Date('2026-11-22T09:17:04.123Z') });
  const read = () => JSON.parse(readFileSync(join(store.dir, 'run.json'), 'utf8'));
  test.match(read(), {
    schema: 1,
    id: store.record.id,
    startedAt: '2026-11-22T09:17:04.123Z',
    plan: { text: plan.text, seed: 1 },
  });
  await store.update({ troubles: [{ fault: 'build', variant: 'stock', message: 'no gcc' }] });
  test.match(read(), { troubles: [{ variant: 'stock' }], id: store.record.id });
  test.same(readdirSync(store.dir).sort(), ['run.json', 'trials'], 'no temporary file stays');
});

t.test('a trial appears when it is whole', async (test) => {
  const store = await createRun(test.testdir({}), newRun);
  const open = await store.openTrial('anon-stock-0');
  writeFileSync(open.consoleLog, 'half a conso');
  test.notOk(existsSync(join(store.dir, 'trials/anon-stock-0')));
  await open.discard();
  test.same(readdirSync(join(store.dir, 'trials')), []);
  await storeTrial(store, first);
  test.same(readdirSync(join(store.dir, 'trials')), ['anon-weakened-0']);
  test.same(readdirSync(join(store.dir, 'trials/anon-weakened-0')).sort(), [
    'argv.json',
    'console.log',
    'evidence.json',
    'splats.json',
    'trial.json',
    'verdict.json',
    'workload.jsonl',
  ]);
  await open.discard();
});

t.test('a trial without a word still has its raw files', async (test) => {
  const store = await createRun(test.testdir({}), newRun);
  const { evidence, verdict } = await storeTrial(store, {
    ...first,
    end: { kind: 'boot-failed', message: 'silent' },
    console: '',
    workload: '',
  });
  test.match(verdict, { kind: 'inconclusive', cause: 'boot-failed' });
  const open = await store.openTrial('anon-weakened-9');
  const meta = { startedAt: '', endedAt: '', accelerator: 'tcg', guestBuildId: null, bootMs: null } as const;
  await open.commit({ record: { spec: evidence.spec, end: evidence.end, meta }, argv: [], evidence, verdict });
  test.equal(readFileSync(join(store.dir, 'trials/anon-weakened-9/console.log'), 'utf8'), '');
});

t.test('a trial is written once', async (test) => {
  const store = await createRun(test.testdir({}), newRun);
  await storeTrial(store, first);
  await test.rejects(store.openTrial('anon-weakened-0'), { name: 'HostError', code: 'TRIAL_EXISTS' });
});

t.test('what an earlier attempt left of a trial is not mixed in', async (test) => {
  const store = await createRun(test.testdir({}), newRun);
  writeFileSync((await store.openTrial('anon-weakened-0')).consoleLog, 'old bytes\n');
  await storeTrial(store, first);
  test.equal(readFileSync(join(store.dir, 'trials/anon-weakened-0/console.log'), 'utf8'), first.console);
});

t.test('a trial that nobody finished is no part of a finished run', async (test) => {
  const results = test.testdir({});
  const store = await createRun(results, newRun);
  writeFileSync((await store.openTrial('anon-stock-3')).consoleLog, 'half');
  await store.finish({ status: 125, reasons: [], blindProbes: [], variants: [], maps: [] }, 'report\n');
  test.same(readdirSync(join(store.dir, 'trials')), []);
});

t.test('a finished run can be read back and is what sha256sum expects', async (test) => {
  const dir = await makeRun(test.testdir({}));
  const run = await readRun(dir);
  test.match(run, { verdict: { status: 0 }, record: { planFile: 'plans/small.yaml' } });
  test.same(
    run.trials.map((trial) => [trial.evidence.spec.id, trial.verdict.kind]),
    [
      ['anon-stock-0', 'clean'],
      ['anon-weakened-0', 'target'],
      ['anon-weakened-1', 'target'],
      ['anon-weakened-2', 'target'],
    ],
  );
  test.equal(run.trials[1]?.evidence.splats[0]?.frames[0]?.location, 'mm/__swap_duplicate.c:1', 'symbolised');
  test.same((await audit(dir, tools)).problems, []);
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: dir });
});

t.test('a file that cannot be read is named', async (test) => {
  const dir = await makeRun(test.testdir({}));
  const path = join(dir, 'verdict.json');
  writeFileSync(path, '{"status": 7}');
  await test.rejects(readRun(dir), { name: 'HostError', code: 'RUN_UNREADABLE', message: /verdict\.json.*status/s });
  writeFileSync(path, '{');
  await test.rejects(readRun(dir), { code: 'RUN_UNREADABLE', message: /verdict\.json/ });
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
