// SPDX-License-Identifier: GPL-2.0-only
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { acquireLock } from '../../host/lock.ts';
import { workspace } from '../../host/workspace.ts';
import type { Lab } from '../../lab/lab.ts';
import { HostError, InterruptedError } from '../../model/errors.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { ProgressEvent } from '../../model/events.ts';
import { changedPlan } from '../../plan/change.ts';
import { parsePlan } from '../../plan/parse.ts';
import { PROBES } from '../../probe/table.ts';
import { runNight, type FinishedNight, type NightOptions, type NightPlan } from '../../run/night.ts';
import { readNights } from '../../run/night-journal.ts';
import { auditRun } from '../../run/stored.ts';
import { newRun } from '../results/fixtures/make-run.ts';
import { coin, onEdge } from './coin/coin.ts';

t.setTimeout(180_000);

const KINDS = { ...PROBES, coin };
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const base = t.testdir({});

const planNamed = (name: string): NightPlan => {
  const file = join(base, `${name}.yaml`);
  const text = `
name: ${name}
describe: for tests
source: deb:linux-source-6.1
fragments: [base, swap]
variants:
  bad: {describe: falls on its edge, series: []}
  good: {describe: does not, series: []}
  fair: {describe: does not either, series: []}
target: swapoff
defaults: {kind: coin, control: bad, tosses: 4}
probes:
  flip: {steps: 3, expect: {bad: {accept: [target]}, good: {accept: [closed]}, fair: {accept: [closed]}}}
  spin: {expect: {bad: {accept: [target]}, good: {accept: [closed]}, fair: {accept: [closed]}}}
`;
  return { plan: parsePlan(text, { file, root, kinds: KINDS }), file };
};

interface Change extends Partial<NightOptions> {
  readonly watch?: (event: ProgressEvent) => void;
}

function optionsIn(resultsDir: string, { watch = () => undefined, ...change }: Change = {}): NightOptions {
  return {
    workspace: { ...workspace(), root, resultsDir, cacheDir: join(base, 'cache') },
    ...{ offline: true, signal: new AbortController().signal, emit: watch, kinds: KINDS },
    effects: {
      build: async (variants) => ({
        kernels: Object.fromEntries(
          variants.map(({ id }) => [id, { id: `k-${id}`, record: { ...newRun.kernels['stock']!, id: `k-${id}` } }]),
        ) as unknown as Record<string, Kernel>,
        troubles: [],
      }),
      openLab: async () => ({ decision: { accelerator: 'tcg', reason: 'a test' } }) as Lab,
      symbolsOf: () => ({ splats: async (splats) => splats, places: async () => new Map() }),
    },
    ...{ budgetMs: null, retention: {}, ...change },
  };
}

const runsIn = (dir: string): string[] => readdirSync(dir).filter((name) => existsSync(join(dir, name, 'run.json')));

async function sound(t: Tap, dir: string): Promise<void> {
  for (const run of runsIn(dir)) {
    const { problems } = await auditRun(join(dir, run), { cacheDir: base, root }, new AbortController().signal, KINDS);
    t.same(problems, [], run);
  }
}

interface Tap {
  same(found: unknown, wanted: unknown, message: string): unknown;
}

t.test('the third night names what is new, confirmed, and nothing else', async (t) => {
  const dir = join(base, 'three');
  const nights: FinishedNight[] = [];
  for (const fallen of [[], [], ['fair']]) {
    onEdge.clear();
    for (const variant of ['bad', ...fallen]) onEdge.add(variant);
    nights.push(await runNight([planNamed('coins')], optionsIn(dir)));
  }
  onEdge.delete('fair');
  const [first, second, third] = nights.map(({ summary }) => summary);
  t.match(
    first,
    /^night \S+: 1 plan, 15 steps, 1 min, seed \d+\n\n {2}coins: every variant met its expectation \(0\); \S+\n/,
  );
  t.match(first, /First runs of their plans, with which later ones are compared:\n {2}coins\n/);
  t.notMatch(first, /New/);
  t.notMatch(second, /New|Gone|Blind|changed|First/);
  t.match(
    third,
    /\nNew since \S+:\n {2}coins flip\/fair: coin: fell on its edge; seen 3 times in \S+;\s+confirmed,\s+seen/,
  );
  t.equal(third?.match(/coin: fell/g)?.length, 2, 'once by each probe');
  t.notMatch(third, /Gone|Blind|changed|First|flip\/good|flip\/bad/);
  t.same(
    nights.map(({ status }) => status),
    [0, 0, 1],
  );
  const seeds = (await readNights(dir)).map(({ entries: [started] }) =>
    started?.kind === 'started' ? started.seed : 0,
  );
  t.equal(new Set(seeds).size, 3, 'every night has a seed of its own');
  t.equal(runsIn(dir).length, 5, 'a run a night, and one for each finding that was looked for again');
  t.equal(readFileSync(join(nights[2]?.dir ?? '', 'summary.txt'), 'utf8'), third);
  await sound(t, dir);
});

t.test('a night that is stopped goes on at its step, and makes nothing twice', async (t) => {
  const dir = join(base, 'stopped');
  const plans = [planNamed('heads'), planNamed('tails')];
  const made: string[] = [];
  const watching = (stop: AbortController, after: string) => (event: ProgressEvent) => {
    if (event.kind !== 'step-end') return;
    made.push(event.step);
    if (event.step === after) stop.abort(new InterruptedError('INTERRUPTED', 'Interrupted'));
  };
  for (const after of ['flip-good-1', 'spin-good-1']) {
    const stop = new AbortController();
    const night = await runNight(plans, optionsIn(dir, { signal: stop.signal, watch: watching(stop, after) }));
    t.equal(night.status, 130);
    t.match(night.summary, /Not finished; the next night goes on with it:\n {2}heads\n {2}tails\n/);
  }
  const night = await runNight(plans, optionsIn(dir, { watch: watching(new AbortController(), '') }));
  t.equal(night.status, 0);
  t.same(runsIn(dir).length, 2);
  t.same(made.length, 30, 'fifteen steps of each plan');
  t.equal((await readNights(dir)).length, 1);
  await sound(t, dir);
});

t.test('what a night has no time for the next one goes on with', async (t) => {
  const dir = join(base, 'late');
  const [heads, tails] = [planNamed('heads'), planNamed('tails')];
  const late = await runNight([heads, tails], optionsIn(dir, { budgetMs: 0 }));
  t.match(late, { status: 125, summary: /the next night goes on with it:/ });
  const next = await runNight([heads, tails], optionsIn(dir));
  t.match(next, { status: 0 });
  t.equal((await readNights(dir)).length, 2);
  t.equal(runsIn(dir).length, 2);
});

t.test('a run that the host stopped goes on as soon as it may', async (t) => {
  const dir = join(base, 'full');
  const failing = { left: 2, steps: 0 };
  const watch = (event: ProgressEvent): void => {
    if (event.kind === 'step-end') failing.steps++;
    if (event.kind !== 'step-start' || event.step !== 'flip-good-1' || failing.left === 0) return;
    failing.left--;
    throw new HostError('DISK_FULL', 'Cannot store a step: the disk is full');
  };
  t.match(await runNight([planNamed('coins')], optionsIn(dir, { watch, pauseMs: 1 })), { status: 0 });
  t.same([failing.steps, runsIn(dir).length], [15, 1], 'no step is made twice');

  failing.left = Infinity;
  const full = await runNight([planNamed('heads')], optionsIn(dir, { watch, pauseMs: 1 }));
  t.match(full, { status: 128, summary: /goes on with it:\n {2}heads: Cannot store a step: the disk is full\n/ });
  failing.left = 0;
  t.match(await runNight([planNamed('heads')], optionsIn(dir, { watch })), { status: 0 });
  t.equal(runsIn(dir).length, 2);
  await sound(t, dir);
});

t.test('a journal whose last line was cut off, and the run without a line, are taken as they are', async (t) => {
  const dir = join(base, 'killed');
  const plans = [planNamed('coins')];
  const { dir: night } = await runNight(plans, optionsIn(dir));
  const journal = join(night, 'journal.jsonl');
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  writeFileSync(journal, `${lines[0]}\n${lines[1]?.slice(0, 30)}`);
  const again = await runNight(plans, optionsIn(dir));
  t.equal(basename(again.dir), basename(night));
  t.equal(again.status, 0);
  t.equal(runsIn(dir).length, 1, 'the run that was whole is not made again');
  t.same(
    (await readNights(dir)).map(({ entries }) => entries.map(({ kind }) => kind)),
    [['started', 'run', 'ended']],
  );
});

t.test('what replays a finding is said, made again for other kernels, and kept', async (t) => {
  const dir = join(base, 'replayed');
  const seeds: number[] = [];
  const change: Change = {
    retention: { runs: 1 },
    scheduleOf: ({ name }, _finding, seed) => {
      seeds.push(seed);
      const { plan, file } = planNamed('search');
      return name === 'search' ? null : changedPlan(plan, { seed }, { file, root, kinds: KINDS });
    },
    againLines: async (run) => [`again: replay ${basename(run)}`],
  };
  await runNight([planNamed('coins')], optionsIn(dir, change));
  onEdge.add('fair');
  const found = await runNight([planNamed('coins')], optionsIn(dir, change));
  onEdge.delete('fair');
  const search = /again: replay (\S+)/.exec(found.summary)?.[1] ?? '';
  t.ok(runsIn(dir).includes(search), found.summary);
  for (let night = 0; night < 2; night++) await runNight([planNamed('coins')], optionsIn(dir, change));
  t.ok(runsIn(dir).includes(search), 'it stays, whatever is removed');
  t.ok(seeds.length > 0 && seeds.every((seed) => seed > 0));
});

t.test('one night at a time', async (t) => {
  const dir = join(base, 'two');
  const plans = [planNamed('coins')];
  await runNight(plans, optionsIn(dir));
  const lock = await acquireLock(join(dir, 'nights/.lock'), {
    purpose: 'a test',
    signal: new AbortController().signal,
  });
  await t.rejects(runNight(plans, optionsIn(dir)), { code: 'NIGHT_RUNNING', message: /process \d+ on .*a test/ });
  await lock[Symbol.asyncDispose]();
  t.match(await runNight(plans, optionsIn(dir)), { status: 0 });
});

t.test('old runs go, but not the last good one, and nothing that shows a finding again', async (t) => {
  const dir = join(base, 'kept');
  const plans = [planNamed('coins')];
  const sequence = [[], [], ['fair'], ['fair'], ['fair']];
  for (const fallen of sequence) {
    onEdge.clear();
    for (const variant of ['bad', ...fallen]) onEdge.add(variant);
    await runNight(plans, optionsIn(dir, { retention: { runs: 1 } }));
  }
  onEdge.delete('fair');
  const statuses = runsIn(dir).map(
    (run) =>
      [
        JSON.parse(readFileSync(join(dir, run, 'run.json'), 'utf8')).plan.name,
        JSON.parse(readFileSync(join(dir, run, 'verdict.json'), 'utf8')).status,
      ] as const,
  );
  t.same(
    statuses.filter(([name]) => name === 'coins').map(([, status]) => status),
    [0, 1, 1],
    'good, confirmed, last',
  );
  t.same(statuses.filter(([name]) => name === 'coins again').length, 2);
});
