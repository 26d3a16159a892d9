// SPDX-License-Identifier: GPL-2.0-only
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { GuestError, InterruptedError } from '../../../model/errors.ts';
import { readHistory } from '../../../run/history.ts';
import { findRun } from '../../../run/run-folder.ts';
import { workspace } from '../../../host/workspace.ts';
import { compareRuns, type RunToCompare } from '../../../probe/latency/analysis/across.ts';
import { primaryOf } from '../../../probe/latency/analysis/analyse.ts';
import type { SeenBoot } from '../../../probe/latency/judge.ts';
import type { Measure } from '../../../probe/latency/run.ts';
import { acrossSection } from '../../../probe/latency/show/across.ts';
import type { LatencySpec } from '../../../probe/latency/spec.ts';
import { PROBES } from '../../../probe/table.ts';
import { historyText } from '../../../report/history-text.ts';
import { FORMATS } from '../../../report/formats.ts';
import { sectionText } from '../../../report/text.ts';
import { readRun } from '../../../results/reader.ts';
import { writeSums } from '../../../results/sums.ts';
import { resumeRun, runPlan, type FinishedRun } from '../../../run/run.ts';
import { auditRun, readReported } from '../../../run/stored.ts';
import { madeUpBoots, madeUpRunPlan, never, optionsIn } from './fixtures/made-up-run.ts';

t.setTimeout(300_000);

const BLOCKS = 8;
const base = t.testdir({});
const PLAN = 'kernel-configs/plans/latency.yaml';

const results = join(base, 'results');
const run = await runPlan(await madeUpRunPlan(BLOCKS), PLAN, optionsIn(results, madeUpBoots()));

async function problemsOf(dir: string): Promise<string> {
  const { problems } = await auditRun(dir, { ...workspace(), cacheDir: base }, never);
  return problems.map(({ file, what }) => `${file}: ${what}`).join('\n');
}

const rowOf = ({ shown }: FinishedRun, variant: string) =>
  shown.probes[0]!.section.rows.find((row) => row.variant === variant)!;

t.test('a run says which variant is better, with its controls', async (t) => {
  t.equal(run.shown.verdict.status, 0, run.report);
  t.equal(run.shown.probes[0]?.steps.length, 5 * BLOCKS);
  t.match(run.report, /v5a\+sites\+ra: measured +8 boots/);
  t.match(run.report, /v5b\+sites\+ra: measured +8 boots +v5a\+sites\+ra better/);
  t.match(
    rowOf(run, 'v5b+sites+ra').remarks.map((remark) => remark.slice(0, 90)),
    [
      /^real-time threads during swapoff\(\), v5a\+sites\+ra -> v5b\+sites\+ra: v5a\+sites\+ra better/,
      /^how long swapoff\(\) takes, .*: no difference shown/,
      /^swap-in without swapoff\(\), .*: no difference shown/,
      /^exceedances of v5b\+sites\+ra for one of v5a\+sites\+ra: /,
      /^p99 of all wake-ups/,
    ],
  );
  t.match(run.report, /NOTE TCG: an emulator’s times/);
  t.match(run.report, /exceedances \* +v5a\+sites\+ra better +/);
  t.match(run.report, /same kernel twice .* does not differ/);
  t.match(run.report, /stopped on purpose .* found/);
  t.match(run.report, /v5b\+sites\+ra against none .* differs/);
  t.match(run.report, /ended: all 8 boots of each arm were made/);
  t.ok(
    run.report.split('\n').every((line) => line.length <= 99),
    'as wide as a report',
  );
});

t.test('its folder is what its raw files say', async (t) => {
  t.equal(await problemsOf(run.dir), '');
});

t.test('it is reported in every form, with its curves in the page', async (t) => {
  const reported = await readReported(run.dir);
  const page = await FORMATS.html(reported);
  for (const title of ['Wake-ups by latency', 'Share of wake-ups above', 'Duration of swapoff()', 'Cycles of one boot'])
    t.match(page, title);
  t.equal(await FORMATS.html(await readReported(run.dir)), page, 'the same bytes from the same folder');
  t.match(FORMATS.ktap(reported), /ok 1 v5a\+sites\+ra\n[^]*ok 2 v5b\+sites\+ra/);
  t.match(FORMATS.json(reported), '"kind": "latency"');
  t.match(FORMATS.kcidb(reported), '"path": "swaprace.verdict.rt"');
  t.match(FORMATS.mail(reported, {}), /v5b\+sites\+ra/);
  t.notMatch(FORMATS.mail(reported, { testedBy: 'A <a@b.c>' }), /Tested-by: A/);
  t.match(FORMATS.tap(reported), /ok 2 - v5b\+sites\+ra/);
});

t.test('the history has the figures of its analysis, each to its own control', async (t) => {
  const { runs, series, unreadable } = await readHistory(results, { rebuild: false });
  t.same(unreadable, []);
  t.same(
    series.map(({ probe, variant, points }) => [probe, variant, points.length]),
    [
      ['rt', 'v5a+sites+ra', 1],
      ['rt', 'v5b+sites+ra', 1],
    ],
  );
  t.same(
    series[1]?.figures.map(({ name, basis, last }) => [name, basis, basis === 'ratio' ? last : null]),
    [
      ['exceedances per swapoff(), 1000 us, tcg', 'ratio', series[1]?.figures[0]?.last],
      ['swapoff() itself, tcg', 'ratio', 1],
    ],
  );
  t.ok((series[1]?.figures[0]?.last ?? 0) > 1);
  t.match(historyText(runs, series), /swapoff\(\) itself, tcg, to the run’s control: last 1x/);
});

t.test('a run that was changed is found out', async (t) => {
  const changed = async (spoil: (step: string, dir: string) => Promise<void>): Promise<string> => {
    const dir = join(t.testdir({}), basename(run.dir));
    await cp(run.dir, dir, { recursive: true });
    const step = run.shown.probes[0]!.steps.find(({ step: { variant } }) => variant === 'v5b+sites+ra')!;
    await spoil(join(dir, 'steps', step.hash), dir);
    await writeSums(dir);
    return problemsOf(dir);
  };
  const edit = async (file: string, from: string, to: string): Promise<void> => {
    const text = await readFile(file, 'utf8');
    t.ok(text.includes(from), from);
    await writeFile(file, text.replace(from, to));
  };
  const cut = await changed(async (step) => {
    const samples = join(step, 'samples.bin');
    await writeFile(samples, (await readFile(samples)).subarray(0, 4000));
  });
  t.match(cut, /finding.json: result.*[^]*verdict.json: [^]*report.txt: line \d+ is /);
  const complained = await changed((step) =>
    appendFile(
      join(step, 'console.log'),
      [
        '[    5.100000][   T80] BUG: scheduling while atomic: latency/80/0x00000002',
        '[    5.100001][   T80] Call Trace:',
        '[    5.100002][   T80]  <TASK>',
        '[    5.100003][   T80]  __schedule+0x10/0x20',
        '[    5.100004][   T80]  </TASK>\n',
      ].join('\n'),
    ),
  );
  t.match(complained, /finding.json: result.*/);
  t.match(
    await changed((step) => edit(join(step, 'step.json'), '"mode": "contend"', '"mode": "quiet"')),
    /step.json: step.args.mode is "quiet", recomputed "contend"/,
  );
  t.match(
    await changed((_step, dir) => edit(join(dir, 'run.json'), '"us": 1000', '"us": 5000')),
    /verdict.json: status is 0, recomputed 125/,
  );
});

const dies: Measure = async (step, probe, stage) => {
  const measured = await madeUpBoots()(step, probe, stage);
  if (step.args.arm !== 'v5b+sites+ra') return measured;
  await appendFile(
    stage.files.path('console.log'),
    [
      '[    5.100000] BUG: kernel NULL pointer dereference, address: 0000000000000001',
      '[    5.100001] #PF: supervisor read access in kernel mode',
      '[    5.100002] Oops: 0000 [#1] PREEMPT SMP',
      '[    5.100003] CPU: 1 PID: 80 Comm: latency Not tainted 6.1.192 #1',
      '[    5.100004] RIP: 0010:__swap_duplicate+0x5e/0x190',
      '[    5.100005] Call Trace:',
      '[    5.100006]  <TASK>',
      '[    5.100007]  swapcache_prepare+0x10/0x20',
      '[    5.100008]  do_swap_page+0x10/0x20',
      '[    5.100009]  </TASK>',
      '[    5.100010] ---[ end trace 0000000000000000 ]---\n',
    ].join('\n'),
  );
  return { ...measured, end: { kind: 'splat' } };
};

t.test(
  'a variant whose every boot crashes is reproduced, gives no figure, and leaves the others measured',
  async (t) => {
    const finished = await runPlan(await madeUpRunPlan(2), PLAN, optionsIn(t.testdir({}), dies));
    t.match(rowOf(finished, 'v5a+sites+ra').outcome, 'measured');
    t.match(rowOf(finished, 'v5b+sites+ra'), { outcome: 'target' });
    t.match(
      finished.report,
      /v5b\+sites\+ra: 2 boots not used: it is not compared\n +rt-v5b\+sites\+ra-0: kernel-complained, /,
    );
    t.match(
      finished.report,
      /null-deref in __swap_duplicate|NULL pointer dereference in __swap_duplicate|__swap_duplicate/,
    );
    t.equal(finished.shown.verdict.status, 1);
    t.equal(await problemsOf(finished.dir), '');
    const plan = await madeUpRunPlan(2, { expect: { 'v5b+sites+ra': { accept: ['target'], known: ['target'] } } });
    const known = await runPlan(plan, PLAN, optionsIn(t.testdir({ known: {} }), dies));
    t.match(known.shown.verdict.probes[0]?.variants[1]?.expectation, { kind: 'known', seen: ['target'] });
  },
);

t.test('a stopped run goes on where it was, and half a block does not count', async (t) => {
  const dir = t.testdir({});
  const stop = new AbortController();
  const plan = await madeUpRunPlan(3);
  let boots = 0;
  const stopped = await runPlan(plan, PLAN, {
    ...optionsIn(dir, madeUpBoots(), { signal: stop.signal }),
    emit: ({ kind }) => {
      if (kind === 'step-end' && ++boots === 12) stop.abort(new InterruptedError('INTERRUPTED', 'Interrupted'));
    },
  });
  t.equal(stopped.shown.verdict.status, 130);
  t.match(rowOf(stopped, 'v5a+sites+ra').cells, ['2 boots']);
  t.match(stopped.report, /2 boots of a block that is not whole, not counted/);
  t.equal(await problemsOf(stopped.dir), '');
  const resumed = await resumeRun(stopped.dir, optionsIn(dir, madeUpBoots()));
  t.equal(resumed.shown.probes[0]?.steps.length, 15);
  t.match(rowOf(resumed, 'v5a+sites+ra').cells, ['3 boots']);
  t.equal(await problemsOf(resumed.dir), '');
});

t.test('an instruction count that failed is missing only itself', async (t) => {
  const counting: Measure = async (step, probe, stage) => {
    const measured = await madeUpBoots()(step, probe, stage);
    return { ...measured, instructions: step.args.role === 'null' ? null : 900 };
  };
  const plan = await madeUpRunPlan(1, { instructions: true });
  const { shown } = await runPlan(plan, PLAN, optionsIn(t.testdir({}), counting));
  const table = shown.probes[0]?.section.plots.find(({ kind }) => kind === 'table');
  t.match(table?.kind === 'table' ? table.rows.find(([name]) => name?.startsWith('instructions')) : null, [
    'instructions of one swap-in',
    'not resolvable',
    '900 -> 900',
    /0/,
  ]);
});

t.test('a boot that throws what is the harness’s own trouble ends the run', async (t) => {
  const failing: Measure = () => Promise.reject(new GuestError('X', 'no such thing'));
  const { shown } = await runPlan(await madeUpRunPlan(1), PLAN, optionsIn(t.testdir({}), failing));
  t.match(shown.header.troubles, [{ message: 'no such thing' }]);
  t.equal(shown.probes[0]?.steps.length, 0);
  t.match(shown.verdict.probes[0]?.variants, [{ outcome: 'inconclusive' }, { outcome: 'inconclusive' }]);
});

async function comparable(dir: string): Promise<RunToCompare> {
  const { header, steps } = await readRun(dir, PROBES);
  return { header, probe: header.plan.probes[0] as LatencySpec, seen: steps as unknown as SeenBoot[] };
}

t.test('two runs are compared through a kernel that is in both', async (t) => {
  const again = await runPlan(await madeUpRunPlan(BLOCKS), PLAN, optionsIn(t.testdir({}), madeUpBoots()));
  const [one, other] = [await comparable(run.dir), await comparable(again.dir)];
  const same = compareRuns(one, other);
  t.same(same.differences, []);
  t.ok(same.pairs.every((pair) => primaryOf(pair).verdict.kind === 'no-difference-shown'));

  const busy = await runPlan(await madeUpRunPlan(BLOCKS), PLAN, optionsIn(t.testdir({ busy: {} }), madeUpBoots(2)));
  const days = compareRuns(one, await comparable(busy.dir));
  t.ok(
    days.pairs.every((pair) => primaryOf(pair).verdict.kind === 'not-resolvable'),
    'the same kernel differs between the days',
  );

  const { header } = other;
  const kernels = Object.fromEntries(
    Object.entries(header.kernels).map(([id, kernel]) => [id, { ...kernel, id: `other-${id}` }]),
  );
  const elsewhere = { ...other, header: { ...header, host: { ...header.host, memoryMiB: '64' }, kernels } };
  const strangers = compareRuns(one, elsewhere);
  t.same(strangers.differences, ['host.memoryMiB: none, 64']);
  t.match(primaryOf(strangers.pairs[0]!).verdict, { kind: 'not-resolvable', reason: /null pair was not measured/ });
  t.match(
    sectionText(acrossSection(strangers, one.probe.race.words)),
    /WARNING: the runs differ in more than their kernels:\n +host.memoryMiB: none, 64/,
  );
});

t.test('a run of the older layout is refused by name', async (t) => {
  const resultsDir = t.testdir({});
  const dir = join(resultsDir, '20260101T000000.000Z-000000');
  mkdirSync(dir);
  writeFileSync(join(dir, 'latency.json'), '{"schema": 2}');
  t.ok(existsSync(dir));
  const place = { ...workspace(), resultsDir };
  await t.rejects(findRun(basename(dir), place), { code: 'OLDER_LAYOUT', hint: /swaprace 0.1/ });
  await t.rejects(findRun('nothing', place), { code: 'NO_SUCH_RUN' });
});
