// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plannedExploration } from '../../model/exploration.ts';
import { mapOf } from '../../pipeline/explore-kernel.ts';
import { reportText } from '../../report/text.ts';
import { audit } from '../../store/audit.ts';
import { ExplorationFiles } from '../../store/exploration-files.ts';
import { readRun } from '../../store/read.ts';
import { createRun } from '../../store/run-store.ts';
import { writeSums } from '../../results/sums.ts';
import { judgeRun } from '../../verdict/judge-run.ts';
import { makeInterleaveProbe, makeResult, OOPS, PATH, WAITED } from '../interleave/fixtures/make.ts';
import { newRun, tools } from './fixtures/make-run.ts';

t.test('points are kept one by one, and a cut line is no point', async (t) => {
  const files = new ExplorationFiles(join(t.testdir({}), 'map'));
  await files.create();
  t.same(await files.readPoints(), [], 'nothing is there yet');
  t.equal(await files.readPath(), null);
  await files.writePath(PATH);
  for (const [index, outcome] of [OOPS, WAITED].entries()) await files.append(makeResult(index, outcome));
  appendFileSync(join(files.dir, 'points.jsonl'), '{"point":{"ind');
  t.same(await files.readPoints(), [makeResult(0, OOPS), makeResult(1, WAITED)]);
  t.same(await files.readPath(), PATH);
  appendFileSync(join(files.dir, 'points.jsonl'), '\n');
  await t.rejects(files.readPoints(), { code: 'RUN_UNREADABLE', message: /line 3 is no result/ });
});

const probe = makeInterleaveProbe();
const explorationPlan = { ...newRun.plan, probes: [], explorations: [probe] };

/** A finished run of two explorations. */
async function makeMapRun(resultsDir: string): Promise<string> {
  const store = await createRun(resultsDir, { ...newRun, plan: explorationPlan });
  const explorations = [];
  for (const [variant, outcome] of [
    ['weakened', OOPS],
    ['stock', WAITED],
  ] as const) {
    const kernel = newRun.kernels[variant];
    if (kernel === undefined) throw new Error(`no kernel ${variant}`);
    const spec = plannedExploration(probe, variant, kernel);
    const open = await store.openExploration(spec.id);
    await open.files.writePath(PATH);
    await open.files.append(makeResult(3, outcome));
    const map = mapOf(spec, PATH, await open.files.readPoints());
    await open.commit(
      { spec, end: { kind: 'completed' }, startedAt: '2026-11-22T09:00:00.000Z', endedAt: '2026-11-22T09:01:00.000Z' },
      map,
    );
    explorations.push({ spec, end: { kind: 'completed' }, map } as const);
  }
  await store.openExploration('placed-unfinished');
  const verdict = judgeRun(explorationPlan, [], [], explorations);
  await store.finish(verdict, reportText({ record: store.record, trials: [], explorations, verdict }));
  return store.dir;
}

t.test('explorations of a run are read back and audited', async (t) => {
  const dir = await makeMapRun(t.testdir({}));
  t.same(
    readdirSync(join(dir, 'explorations')).sort(),
    ['placed-stock', 'placed-weakened'],
    'what nobody finished is gone',
  );
  const run = await readRun(dir);
  t.equal(run.verdict.status, 0);
  t.match(
    run.explorations,
    [{ spec: { variant: 'weakened' } }, { spec: { variant: 'stock' }, map: { exploredPoints: 1, pathPoints: 100 } }],
    'in the plan’s order',
  );
  t.match(readFileSync(join(dir, 'report.txt'), 'utf8'), / {2}weakened: reproduced {2}1 of 100 {2}\| #/);
  t.same((await audit(dir, tools)).problems, []);

  const problemsAfter = async (file: string, from: string, to: string): Promise<string[]> => {
    const path = join(dir, 'explorations', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`no ${from} in ${file}`);
    writeFileSync(path, text.replace(from, to));
    await writeSums(dir);
    const { problems } = await audit(dir, tools);
    writeFileSync(path, text);
    await writeSums(dir);
    return problems.map(({ file: where, what }) => `${where}: ${what}`);
  };
  // Sums made again do not help a forger.
  t.match(await problemsAfter('placed-stock/points.jsonl', 'synchronize_rcu', 'percpu_ref_kill'), [
    /placed-stock\/map.json: .*outcomes/,
  ]);
  t.match(await problemsAfter('placed-stock/points.jsonl', '"kind":"waited"', '"kind":"hang","backtraces":{}'), [
    /map.json/,
    /verdict.json/,
    /report.txt/,
  ]);
  t.match(await problemsAfter('placed-stock/map.json', '"exploredPoints": 1', '"exploredPoints": 99'), [
    /placed-stock\/map.json: .*exploredPoints/,
  ]);
  t.match(await problemsAfter('placed-stock/exploration.json', '"hold": "preempt"', '"hold": "stall"'), [
    /placed-stock\/exploration.json: .*hold/,
  ]);
});
