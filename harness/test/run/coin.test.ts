// SPDX-License-Identifier: GPL-2.0-only
import { existsSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { InterruptedError } from '../../model/errors.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import type { Lab } from '../../lab/lab.ts';
import { readHistory } from '../../run/history.ts';
import { parsePlan } from '../../plan/parse.ts';
import { workspace } from '../../host/workspace.ts';
import { PROBES } from '../../probe/table.ts';
import { historyText } from '../../report/history-text.ts';
import { FORMATS, type Format } from '../../report/formats.ts';
import { writeSums } from '../../results/sums.ts';
import { resumeRun, runPlan, type RunEffects, type RunOptions } from '../../run/run.ts';
import { auditRun, readReported } from '../../run/stored.ts';
import { servedPage } from '../../serve/pages.ts';
import { newRun } from '../results/fixtures/make-run.ts';
import { coin } from './coin/coin.ts';

t.setTimeout(180_000);

/** The one line that a new kind takes. */
const KINDS = { ...PROBES, coin };

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const base = t.testdir({});
const signal = new AbortController().signal;
const place = { root, cacheDir: base };

const PLAN = `
name: coins
describe: for tests
seed: 1
source: deb:linux-source-6.1
fragments: [base, swap]
variants:
  bad: {describe: falls on its edge, series: []}
  good: {describe: does not, series: []}
target: swapoff
defaults:
  kind: coin
  control: bad
  tosses: 3
probes:
  flip:
    tosses: 4
    expect: {bad: {accept: [target]}, good: {accept: [closed]}}
`;

const parse = (text: string): Plan => parsePlan(text, { file: 'p.yaml', root, kinds: KINDS });

const effects: RunEffects = {
  build: async (variants) => ({
    kernels: Object.fromEntries(
      variants.map(({ id }) => [id, { id: `kernel-${id}`, record: recordOf(id) } as unknown as Kernel]),
    ),
    troubles: [],
  }),
  openLab: async () => ({ decision: { accelerator: 'tcg', reason: 'a test' } }) as Lab,
  symbolsOf: () => ({ splats: async (splats) => splats, places: async () => new Map() }),
};

function recordOf(id: string) {
  return { ...newRun.kernels['stock']!, id: `kernel-${id}`, series: [{ name: 's', sha256: 'aa' }] };
}

function optionsIn(resultsDir: string, change: Partial<RunOptions> = {}): RunOptions {
  return {
    workspace: { ...workspace(), root, resultsDir, cacheDir: join(base, 'cache') },
    ...{ offline: true, signal, emit: () => undefined, kinds: KINDS, effects, ...change },
  };
}

const plan = parse(PLAN);
const results = join(base, 'results');
const run = await runPlan(plan, 'plans/coins.yaml', optionsIn(results));

t.test('a kind of one folder and one line is run, step by step', async (t) => {
  t.equal(run.shown.verdict.status, 0);
  const lines = readFileSync(join(run.dir, 'manifest.jsonl'), 'utf8').split('\n').slice(0, -1);
  t.same(
    lines.map((line) => JSON.parse(line)).map(({ probe, variant, index }) => `${probe}-${variant}-${index}`),
    ['flip-bad-0', 'flip-bad-1', 'flip-good-0', 'flip-good-1'],
  );
  t.same(readdirSync(join(run.dir, 'steps')).length, 4);
  t.equal(readFileSync(join(run.dir, 'report.txt'), 'utf8'), run.report);
  t.notOk(existsSync(join(run.dir, '.lock')));
});

t.test('its folder is what its raw files say', async (t) => {
  t.same((await auditRun(run.dir, place, signal, KINDS)).problems, []);
});

t.test('a plan of no file is kept with its run, which it repeats', async (t) => {
  const made = await runPlan(plan, null, optionsIn(join(base, 'made')));
  const file = join(made.dir, 'plan.yaml');
  t.equal(readFileSync(file, 'utf8'), PLAN);
  t.match(made.shown.header, { planFile: file, commands: [`scripts/run ${file}`] });
  t.same((await auditRun(made.dir, place, signal, KINDS)).problems, []);
});

let copies = 0;
/** A copy of the sound run, spoilt; with sums as the spoiler would write them. */
async function problemsOf(spoil: (dir: string, step: string) => void, sums = true): Promise<string[]> {
  const dir = join(base, `copy-${copies++}`, basename(run.dir));
  cpSync(run.dir, dir, { recursive: true });
  const steps = run.shown.probes[0]?.steps ?? [];
  spoil(dir, join(dir, 'steps', steps[1]?.hash ?? ''));
  if (sums) await writeSums(dir);
  return (await auditRun(dir, place, signal, KINDS)).problems.map(({ file, what }) => `${basename(file)}: ${what}`);
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`no ${from} in ${file}`);
  writeFileSync(file, text.replace(from, to));
}

t.test('a forged run is found out', async (t) => {
  const forged = await problemsOf((_dir, step) => edit(join(step, 'tosses.txt'), 'edge', 'head'), false);
  t.match(forged.join('\n'), /tosses.txt: has sha256 .*\n.*finding.json: (heads|edges) is/s);
  const whole = await problemsOf((_dir, step) => edit(join(step, 'tosses.txt'), 'edge', 'head'));
  t.match(whole.join('\n'), /finding.json: heads is \d, recomputed \d/);
  t.match(whole.join('\n'), /verdict.json: /);
  const ended = await problemsOf((_dir, step) => edit(join(step, 'step.json'), '"completed"', '"splat"'));
  t.match(ended.join('\n'), /finding.json: whole is true, recomputed false/);
  const deleted = await problemsOf((dir, step) => {
    const lines = readFileSync(join(dir, 'manifest.jsonl'), 'utf8').split('\n');
    writeFileSync(join(dir, 'manifest.jsonl'), lines.filter((_line, at) => at !== 1).join('\n'));
    rmSync(step, { recursive: true });
  });
  t.match(
    deleted.join('\n'),
    /manifest.jsonl: line 2 is not the step that follows: variant is "good", recomputed "bad"/,
  );
  const renamed = await problemsOf((_dir, step) => edit(join(step, 'step.json'), '"index": 1', '"index": 7'));
  t.match(renamed.join('\n'), /step.json: step.index is 7, recomputed 1/);
  const folder = await problemsOf((dir, step) =>
    cpSync(step, join(dir, 'steps', 'feedfeedfeedfeed'), { recursive: true }),
  );
  t.match(folder.join('\n'), /feedfeedfeedfeed: is the folder of no step of the run/);
  const report = await problemsOf((dir) => edit(join(dir, 'report.txt'), 'reproduced', 'closed'));
  t.match(report.join('\n'), /report.txt: line \d+ is/);
  const last = await problemsOf((dir) => {
    const lines = readFileSync(join(dir, 'manifest.jsonl'), 'utf8').split('\n').slice(0, -2);
    writeFileSync(join(dir, 'manifest.jsonl'), `${lines.join('\n')}\n`);
  });
  t.match(last.join('\n'), /manifest.jsonl: flip-good-1 is missing/);
});

t.test('a run that is stopped in the middle of a step is whole, and goes on where it was', async (t) => {
  const stop = new AbortController();
  const dir = join(base, 'stopped');
  const stopped = await runPlan(plan, 'plans/coins.yaml', {
    ...optionsIn(dir, { signal: stop.signal }),
    emit: (event) => {
      if (event.kind === 'step-progress' && event.step === 'flip-bad-1' && event.text.startsWith('2'))
        stop.abort(new InterruptedError('INTERRUPTED', 'Interrupted'));
    },
  });
  t.equal(stopped.shown.verdict.status, 130);
  t.same((await auditRun(stopped.dir, place, signal, KINDS)).problems, []);
  const partial = readdirSync(join(stopped.dir, 'steps')).filter((name) => name.startsWith('.'));
  t.equal(partial.length, 1, 'what the step had is kept');

  const made: string[] = [];
  const resumed = await resumeRun(stopped.dir, {
    ...optionsIn(dir),
    emit: (event) => void (event.kind === 'step-start' && made.push(event.step)),
  });
  t.same(made, ['flip-bad-1', 'flip-good-0', 'flip-good-1']);
  t.equal(resumed.shown.verdict.status, 0);
  t.same(resumed.shown.probes[0]?.steps[1]?.end.detail, { resumedAt: 2 }, 'the step itself went on');
  t.same(
    resumed.shown.probes[0]?.steps.map(({ hash }) => hash),
    run.shown.probes[0]?.steps.map(({ hash }) => hash),
    'the same steps have the same folders in every run',
  );
  t.same((await auditRun(resumed.dir, place, signal, KINDS)).problems, []);
  await t.rejects(resumeRun(resumed.dir, optionsIn(dir)), { code: 'RUN_COMPLETE' });
  t.same((await auditRun(resumed.dir, place, signal, KINDS)).problems, [], 'a refusal changes nothing');
});

t.test('kernels of two builds are no run', async (t) => {
  const stop = new AbortController();
  const dir = join(base, 'changed');
  const stopped = await runPlan(plan, 'plans/coins.yaml', {
    ...optionsIn(dir, { signal: stop.signal }),
    emit: ({ kind }) => void (kind === 'step-end' && stop.abort(new InterruptedError('INTERRUPTED', 'Interrupted'))),
  });
  const other: RunEffects = {
    ...effects,
    build: async () => ({
      kernels: { bad: { id: 'other', record: { ...recordOf('bad'), id: 'other' } } as unknown as Kernel },
      troubles: [],
    }),
  };
  const resumed = await resumeRun(stopped.dir, optionsIn(dir, { effects: other }));
  t.equal(resumed.shown.verdict.status, 129);
  t.match(resumed.shown.verdict.reasons[0], /the kernel of bad is other, it was kernel-bad/);
});

t.test('it is reported in every format', async (t) => {
  const reported = await readReported(run.dir, KINDS);
  const said: Readonly<Record<Format, RegExp>> = {
    text: /flip: a coin, 4 tosses[^]*bad: reproduced +2 steps +2 on the edge[^]*edge: what a coin must not do/,
    json: /"kind": "coin"/,
    ktap: /ok 1 bad/,
    tap: /ok 2 - good/,
    junit: /<testcase name="bad" classname="swaprace.flip"/,
    kcidb: /"path": "swaprace.verdict.flip"/,
    mail: /flip: a coin, 4 tosses[^]*Coins are tossed\./,
    html: /<h3>Faces<\/h3>[^]*Console of flip-bad-0/,
    github: /notice file=plans\/coins.yaml,line=1,title=coin%3A fell on its edge::the expected bug/,
    gitlab: /the expected bug: 2 of flip\/bad/,
  };
  for (const [format, pattern] of Object.entries(said))
    t.match(await FORMATS[format as Format](reported, {}), pattern, format);
  t.match(FORMATS.mail(reported, { testedBy: 'A <a@b.c>' }), /for the series of good only[^]*Tested-by: A <a@b.c>/);
});

t.test('the history and the served pages have it', async (t) => {
  await runPlan(plan, 'plans/coins.yaml', optionsIn(results));
  const { runs, series, unreadable } = await readHistory(results, { rebuild: false, kinds: KINDS });
  t.same(unreadable, []);
  t.equal(runs.length, 2);
  const text = historyText(runs, series);
  t.match(
    text,
    /flip\/bad +##[^]*known: coin: fell on its edge; in 2 runs, 4 in 4 exposed[^]*heads, absolute: last \d/,
  );
  const index = await servedPage('/', results, KINDS);
  t.match(index?.body, /heads, absolute/);
  const page = await servedPage(`/run/${basename(run.dir)}`, results, KINDS);
  t.match(page?.body, /<h1>coins: Linux 6.1.192<\/h1>/);
  t.match((await servedPage(`/run/${basename(run.dir)}/ktap`, results, KINDS))?.body, /^KTAP version 1/);
});

t.test('a run under way has a live page', async (t) => {
  const dir = join(base, 'live');
  let page: string | undefined;
  const served: { page?: Promise<void> } = {};
  const long = parse(PLAN.replace('tosses: 4', 'tosses: 300\n    steps: 1'));
  await runPlan(long, 'plans/coins.yaml', {
    ...optionsIn(dir),
    emit: (event) => {
      if (event.kind !== 'step-progress' || event.step !== 'flip-good-0') return;
      served.page ??= servedPage(`/run/${readdirSync(dir)[0]}`, dir, KINDS).then((found) => void (page = found?.body));
    },
  });
  await served.page;
  t.match(page, /under way[^]*1 step done[^]*flip-good-0<\/b>: \d+ of 300[^]*flip: a coin, 300 tosses[^]*300 tosses/);
  t.match(page, /Console of flip-good-0[^]*tossing good/);
});

t.test('its keys are checked like those of any other', (t) => {
  const wrong = (from: string, to: string, message: RegExp): void =>
    void t.throws(() => parsePlan(PLAN.replace(from, to), { file: 'p.yaml', root, kinds: KINDS }), { message });
  wrong('    tosses: 4', '    toses: 4', /line 17: probes.flip.toses: unknown key; did you mean tosses\?/);
  wrong('    tosses: 4', '    tosses: many', /probes.flip.tosses is "many": needs a number of tosses/);
  wrong('    tosses: 4', '    tosses: 0', /probes.flip.tosses: a coin has to be tossed/);
  wrong(
    '  tosses: 3\nprobes:\n  flip:\n    tosses: 4',
    'probes:\n  flip:',
    /probes.flip.tosses: is missing, here and in the defaults/,
  );
  wrong('kind: coin', 'kind: coins', /defaults.kind is "coins": did you mean coin\?/);
  wrong(', good: {accept: [closed]}', '', /probes.flip.expect: says nothing of good/);
  wrong('control: bad', 'control: worse', /defaults.control: unknown variant worse/);
  t.end();
});
