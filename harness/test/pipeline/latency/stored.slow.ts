// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { compareRuns } from '../../../probe/latency/analysis/across.ts';
import { analyse, primaryOf } from '../../../probe/latency/analysis/analyse.ts';
import { blockOf } from '../../../probe/latency/design.ts';
import { acrossReport, latencyReport } from '../../../probe/latency/show/report.ts';
import { seededRandom } from '../../../model/random.ts';
import type { LatencyBootRecord, LatencyPlan } from '../../../model/latency.ts';
import { auditLatencyRun } from '../../../pipeline/latency/audit.ts';
import { deriveBoot } from '../../../pipeline/latency/derive.ts';
import { latencyPageOf } from '../../../pipeline/latency/page.ts';
import { latencyPictures } from '../../../pipeline/latency/pictures.ts';
import { loadLatencyPlan } from '../../../pipeline/latency/plan.ts';
import { latencyHtml } from '../../../report/html/latency.ts';
import { readHistory } from '../../../pipeline/history.ts';
import { readStoredRun } from '../../../pipeline/latency/stored.ts';
import { findRun } from '../../../pipeline/run-folder.ts';
import { workspace } from '../../../pipeline/workspace.ts';
import { LatencyStore, type NewLatencyRun } from '../../../store/latency-store.ts';
import { writeSums } from '../../../results/sums.ts';
import { madeUpSamples, samplesFile } from '../../probe/latency/fixtures/made-up.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const shipped = await loadLatencyPlan(join(root, 'kernel-configs/plans/latency.yaml'), { ...workspace(), root });
const plan: LatencyPlan = {
  ...shipped,
  workload: { ...shipped.workload, cycles: 10 },
  threshold: { kind: 'fixed', us: 1000 },
};
const BLOCKS = 6;

/** Late wake-ups after a swapoff's entry, in ms of the horizon, by arm. */
const LATE_MS: Readonly<Record<string, number>> = {
  'v5a+ra': 2,
  'v5a+ra=null': 2,
  'v5b+ra': 5,
  'v5a+ra=quiet': 0,
  'v5a+ra=stop': 9,
};

const kernel = (id: string) => ({ id, kernelVersion: '6.1.192', buildId: `build-${id}` });
const newRun = {
  plan,
  versions: { qemu: '7.2' },
  kernels: { 'v5a+ra': kernel('aaaa'), 'v5b+ra': kernel('bbbb') },
  accelerator: { accelerator: 'tcg', reason: 'made up' },
  host: { cores: '2', cpu: 'made up', isolatedCpus: 'none' },
} as unknown as NewLatencyRun;

async function problemsOf(dir: string): Promise<string> {
  return (await auditLatencyRun(dir)).problems.map(({ file, what }) => `${file}: ${what}`).join('\n');
}

/** A whole run as `swaprace latency` stores it, measured by nobody. `factor` scales its lateness. */
async function storedRun(
  resultsDir: string,
  { blocks = BLOCKS, factor = 1, now = new Date('2026-11-22T12:00:00Z') } = {},
): Promise<string> {
  const random = seededRandom(blocks + 100 * factor);
  const store = await LatencyStore.create(resultsDir, newRun, now);
  const boots = [];
  for (const planned of Array.from({ length: blocks }, (_, block) => blockOf(plan, block)).flat()) {
    const arm = plan.arms.find(({ id }) => id === planned.arm)!;
    const { id: kernelId, buildId } = kernel(arm.variant === 'v5a+ra' ? 'aaaa' : 'bbbb');
    const open = await store.openBoot(planned.id);
    const lateNs = 1e6 * ((LATE_MS[arm.id] ?? 0) * factor + (random() < 0.5 ? 1 : 0));
    const samples = madeUpSamples({
      latencyNs: (since) => (since >= 0 && since < lateNs ? 4e6 : 50_000),
      passes: [{ startNs: 1, durationNs: 64e6 }],
    });
    await writeFile(join(open.dir, 'samples.bin'), samplesFile(samples));
    const record: LatencyBootRecord = {
      boot: planned,
      arm,
      kernelId,
      buildId,
      workload: { ...plan.workload, mode: arm.mode, seed: planned.seed },
      end: { kind: 'completed' },
      startedAt: 'then',
      endedAt: 'later',
      accelerator: 'tcg',
      guestBuildId: buildId,
      bootMs: 3000,
      instructions: null,
      host: { load: 1, steal: 0, busy: 0.5 },
    };
    boots.push(await deriveBoot(await open.commit(record, ['qemu']), record));
  }
  const analysis = analyse(plan, boots);
  await store.finish(
    analysis,
    latencyReport({ ...store.record, ended: 'enough' }, analysis, [{ load: 1, steal: 0, busy: 0.5 }]),
    'enough',
  );
  return store.dir;
}

t.test('a stored run says again what its raw samples say', async (t) => {
  const run = await readStoredRun(await storedRun(t.testdir()));
  t.match(await auditLatencyRun(run.dir), { boots: 5 * BLOCKS, problems: [] });
  t.match(primaryOf(run.analysis.pairs[0]!).verdict, { kind: 'better', arm: 'v5a+ra' });
  t.equal(run.boots.length, 5 * BLOCKS);
  t.match(
    run.report,
    /answers:\n  real-time threads while somebody swaps off  v5a\+ra -> v5b\+ra  v5a\+ra better  .*\n  how long swapoff takes .* no difference shown.*\n  swap-in while nobody/,
  );
  t.match(run.report, /TCG: an emulator’s times/);
  t.match(run.report, /exceedances a swapoff \(primary\) .* v5a\+ra better/);
  t.match(run.report, /same kernel twice .* does not differ/);
  t.match(run.report, /stopped on purpose .* found/);
  t.match(run.report, /v5b\+ra against no swapoff .* differs/);
});

t.test('its page has the curves of its variants, and the command that measured', async (t) => {
  const run = await readStoredRun(await storedRun(t.testdir()));
  const page = await latencyPageOf(run);
  t.same(
    page.data.map(({ variant, swapoffMs }) => [variant, swapoffMs.length]),
    [
      ['v5a+ra', BLOCKS],
      ['v5b+ra', BLOCKS],
    ],
  );
  const wakeUps = run.boots.flatMap(({ arm, result }) =>
    arm === 'v5b+ra' && !('kind' in result) ? [result.inside.total] : [],
  );
  t.equal(
    page.data[1]?.inside.reduce((sum, { count }) => sum + count, 0),
    wakeUps.reduce((sum, count) => sum + count, 0),
  );
  t.same(
    page.answers.map(({ question, verdict }) => [question.slice(0, 11), verdict.slice(0, 13)]),
    [
      ['real-time t', 'v5a+ra better'],
      ['how long sw', 'no difference'],
      ['swap-in whi', 'no difference'],
    ],
  );
  t.match(page.command, /^latency --mode swapoff --swap SWAP .*--cycles 10 /);
  t.same(
    page.strips.map(({ arm }) => arm),
    run.analysis.arms.map(({ arm }) => arm.id),
  );
  const html = latencyHtml(page);
  t.equal(latencyHtml(await latencyPageOf(await readStoredRun(run.dir))), html, 'the same bytes from the same folder');
  t.match(html, 'exceedances a swapoff (primary)');
});

t.test('the history has the figures of its analysis', async (t) => {
  const results = t.testdir();
  const { analysis } = await readStoredRun(await storedRun(results));
  const { latency, unreadable } = await readHistory(results, { rebuild: false });
  t.same(unreadable, []);
  t.same(
    latency.map(({ arm, accelerator, points }) => [arm, accelerator, points.length]),
    [
      ['v5a+ra', 'tcg', 1],
      ['v5b+ra', 'tcg', 1],
    ],
  );
  const [quiet, exceedances] = analysis.costs[1]?.comparison?.medians ?? [];
  const [first, swapoffUs] =
    analysis.pairs[0]?.endpoints.find(({ endpoint }) => endpoint === 'swapoff')?.comparison?.medians ?? [];
  t.ok(exceedances !== undefined && exceedances > 0 && swapoffUs === 5000);
  t.match(latency[1]?.points[0], {
    boots: BLOCKS,
    against: 'v5a+ra',
    exceedances: { value: exceedances, control: quiet },
    swapoffUs: { value: swapoffUs, control: first },
  });
});

t.test('what is drawn of a run follows from its raw samples', async (t) => {
  const { curves, strips } = await latencyPictures(await readStoredRun(await storedRun(t.testdir())));
  t.same(
    curves.map(({ arm }) => arm),
    plan.arms.map(({ id }) => id),
  );
  const [first] = curves;
  t.equal(first?.inside.total, BLOCKS * 10 * 40);
  t.equal(first?.insideTail.at(-1)?.share, 0);
  t.ok(
    first?.insideTail.every(({ share }, at, all) => at === 0 || share < (all[at - 1]?.share ?? 0)),
    'a tail falls',
  );
  t.equal(strips['v5b+ra']?.length, 10);
  t.match(strips['v5b+ra']?.[1], { fromMs: 40, toMs: 45, worstMs: 4 });
  t.ok((strips['v5b+ra']?.[1]?.exceedances ?? 0) >= 10);
  t.ok(strips['v5a+ra=quiet']?.every(({ exceedances }) => exceedances <= 2));
});

t.test('a run that was changed is found out', async (t) => {
  const dir = await storedRun(t.testdir());
  const samples = join(dir, 'boots', '000-v5b+ra', 'samples.bin');
  await writeFile(samples, (await readFile(samples)).subarray(0, 4000));
  const run = await readStoredRun(dir);
  t.match(
    run.analysis.arms.find(({ arm }) => arm.id === 'v5b+ra'),
    { usable: BLOCKS - 1, unusable: [{ boot: '000-v5b+ra', cause: 'truncated' }] },
  );
  t.match(await problemsOf(dir), /samples.bin: has sha256.*analysis.json: arms.*report.txt: line \d+ is /s);
});

t.test('what is wrong with a run is told even where all sums fit', async (t) => {
  const change = async (file: string, from: string, to: string): Promise<string> => {
    const dir = await storedRun(join(t.testdir(), `${from}-${to}`));
    const text = await readFile(join(dir, file), 'utf8');
    t.ok(text.includes(from), from);
    await writeFile(join(dir, file), text.replace(from, to));
    await writeSums(dir);
    return problemsOf(dir);
  };
  t.equal(
    await change('boots/000-v5b+ra/boot.json', '"cycles": 10', '"cycles": 9'),
    'boots/000-v5b+ra/boot.json: workload.cycles is 9, recomputed 10',
  );
  t.match(
    await change('boots/000-v5b+ra/boot.json', '"kernelId": "bbbb"', '"kernelId": "aaaa"'),
    /boot.json: kernelId is "aaaa"/,
  );
  t.match(
    await change('boots/000-v5b+ra/boot.json', '"id": "000-v5b+ra"', '"id": "000-v5c+ra"'),
    /has no boot 000-v5c\+ra/,
  );
  t.match(await change('latency.json', '"us": 1000', '"us": 5000'), /analysis.json: thresholdNs.*report.txt/s);
  t.match(await change('latency.json', '"schema": 2', '"schema": 1'), /latency.json: .*schema/);
});

t.test('a kernel that complained on the console gives no figure', async (t) => {
  const dir = await storedRun(t.testdir());
  await appendFile(
    join(dir, 'boots', '001-v5b+ra', 'console.log'),
    '[    5.100000][   T80] BUG: scheduling while atomic: latency/80/0x00000002\n[    5.100001][   T80] Call Trace:\n[    5.100002][   T80]  <TASK>\n[    5.100003][   T80]  __schedule+0x10/0x20\n[    5.100004][   T80]  </TASK>\n',
  );
  const { analysis } = await readStoredRun(dir);
  t.match(analysis.arms.find(({ arm }) => arm.id === 'v5b+ra')?.unusable, [
    { boot: '001-v5b+ra', cause: 'kernel-complained', reason: /scheduling while atomic/ },
  ]);
});

t.test('half a block does not count', async (t) => {
  const dir = await storedRun(t.testdir());
  await rm(join(dir, 'boots', '005-v5b+ra'), { recursive: true });
  const { boots } = await readStoredRun(dir);
  t.equal(boots.length, 5 * (BLOCKS - 1));
});

t.test('runs are found by name or path, and other folders are refused', async (t) => {
  const results = t.testdir({ other: { 'run.json': '{}' } });
  const dir = await storedRun(results);
  const place = { ...workspace(), resultsDir: results };
  t.same(await findRun(dir, place), { dir, kind: 'latency' });
  t.equal((await findRun(dir.slice(results.length + 1), place, ['latency'])).dir, dir);
  t.equal((await findRun('other', place)).kind, 'plan');
  await t.rejects(findRun('other', place, ['latency']), { code: 'NO_SUCH_RUN', message: /No latency run in/ });
  await rename(join(dir, 'latency.json'), join(dir, 'kept.json'));
  await writeFile(join(dir, 'latency.json'), '{"schema":1}');
  await t.rejects(readStoredRun(dir), { code: 'NOT_A_LATENCY_RUN', message: /latency.json/ });
});

t.test('two runs are compared through a kernel that is in both', async (t) => {
  const [one, other] = [
    await readStoredRun(await storedRun(t.testdir({}))),
    await readStoredRun(await storedRun(t.testdir({ more: {} }))),
  ];
  const same = compareRuns(one, other);
  t.same(same.differences, []);
  t.ok(same.pairs.every((pair) => primaryOf(pair).verdict.kind === 'no-difference-shown'));

  const busyDay = await readStoredRun(await storedRun(join(t.testdir({}), 'busy'), { factor: 2 }));
  const days = compareRuns(one, busyDay);
  t.ok(
    days.pairs.every((pair) => primaryOf(pair).verdict.kind === 'not-resolvable'),
    'the same kernel differs between the days',
  );

  const elsewhere = {
    ...other,
    record: {
      ...other.record,
      host: { ...other.record.host, cores: '64' },
      kernels: { 'v5a+ra': kernel('cccc'), 'v5b+ra': kernel('dddd') } as never,
    },
  };
  const strangers = compareRuns(one, elsewhere);
  t.same(strangers.differences, ['host.cores: 2, 64']);
  t.match(primaryOf(strangers.pairs[0]!).verdict, { kind: 'not-resolvable', reason: /null pair was not measured/ });
  t.match(acrossReport(strangers), /WARNING: the runs differ in more than their kernels:\n  host.cores: 2, 64/);
});
