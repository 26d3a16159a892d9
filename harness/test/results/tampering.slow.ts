// SPDX-License-Identifier: GPL-2.0-only
/**
 * Edits of stored runs, after each of which everything is made to fit by the project's own functions: findings,
 * verdict, report and sums follow from what was left. An audit must name the file. docs/audit.md says what it cannot
 * find.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import { END_MARK } from '../../model/end-mark.ts';
import type { RunVerdict } from '../../model/probe.ts';
import type { RunHeader } from '../../model/run.ts';
import { PROBES } from '../../probe/table.ts';
import { toJson } from '../../results/layout.ts';
import { readHeader } from '../../results/reader.ts';
import { runPlan } from '../../run/run.ts';
import { auditRun } from '../../run/stored.ts';
import { madeUpBoots, madeUpRunPlan, never, optionsIn } from '../probe/latency/fixtures/made-up-run.ts';
import { makeEveryKind } from './fixtures/every-kind.ts';
import { closeGap, edit, editEnd, folderOf, regenerate, rewriteSteps } from './fixtures/forger.ts';
import { ended } from './fixtures/make-run.ts';

t.setTimeout(300_000);

const base = t.testdir({});
const whole = await makeEveryKind(join(base, 'every-kind'));
const measured = (
  await runPlan(
    await madeUpRunPlan(2),
    'kernel-configs/plans/latency.yaml',
    optionsIn(join(base, 'latency'), madeUpBoots()),
  )
).dir;

let copies = 0;
async function forged(
  run: string,
  forge: (dir: string) => void | Promise<void>,
): Promise<{ readonly verdict: RunVerdict; readonly problems: readonly string[] }> {
  const dir = join(base, `copy-${copies++}`, basename(run));
  cpSync(run, dir, { recursive: true });
  await forge(dir);
  const verdict = await regenerate(dir);
  const { problems } = await auditRun(dir, { ...workspace({}), cacheDir: base }, never);
  return { verdict, problems: problems.map(({ file, what }) => `${basename(file)}: ${what}`) };
}

function editHeader(dir: string, change: (header: RunHeader) => Partial<RunHeader>): void {
  const header = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as RunHeader;
  writeFileSync(join(dir, 'run.json'), toJson({ ...header, ...change(header) }));
}

const inFolder = async (dir: string, step: string, file: string): Promise<string> =>
  join(await folderOf(dir, step), file);

/** Rewrites the lines of a raw file; one that becomes null is gone. */
async function editLines(
  dir: string,
  step: string,
  file: string,
  change: (line: string, at: number) => string | null,
): Promise<void> {
  const path = await inFolder(dir, step, file);
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const kept = lines.map(change).filter((line) => line !== null);
  writeFileSync(path, kept.map((line) => `${line}\n`).join(''));
}

const endAs =
  (step: string, end: Readonly<Record<string, unknown>> & { readonly kind: string }, guestBuildId?: string | null) =>
  (dir: string): Promise<void> =>
    editEnd(dir, step, ({ detail, ...was }) => ({
      kind: end.kind,
      message: 'said so',
      guestBuildId: guestBuildId === undefined ? was.guestBuildId : guestBuildId,
      detail: { ...(detail as object), end },
    }));

const message = 'said so';
const outcomeTo = (to: string) => (line: string) =>
  line.replace(/"outcome":\{.*\},"seen"/, `"outcome":{"kind":"${to}"},"seen"`);

type Forgery = readonly [string, (dir: string) => void | Promise<void>, RegExp];

/** What was done; how; what an audit says of it. */
const FORGERIES: readonly Forgery[] = [
  [
    'the trial that crashed is deleted',
    (dir) => rewriteSteps(dir, (step) => (step.variant === 'racy' && step.index === 1 ? null : step)),
    /^manifest.jsonl: line \d+ is not the step that follows/,
  ],
  [
    'it is deleted, and the next one takes its place',
    async (dir) => {
      const header = await readHeader(dir, PROBES);
      await rewriteSteps(dir, closeGap(header, 'anon', 'racy', 1));
    },
    /^manifest.jsonl: line \d+ is not the step that follows: variant is "hung", recomputed "racy"/,
  ],
  [
    'two trials change places',
    (dir) =>
      rewriteSteps(dir, (step) => {
        if (step.probe !== 'anon' || step.variant !== 'stock' || step.index === 2) return step;
        return { ...step, index: 1 - step.index };
      }),
    /^manifest.jsonl: line \d+ is not the step that follows: (index|seed)/,
  ],
  [
    'the last trial of the control is deleted',
    (dir) => rewriteSteps(dir, (step) => ((step.args as { part?: string }).part === 'last' ? null : step)),
    /^manifest.jsonl: line \d+ is not the step that follows/,
  ],
  [
    'the oops is cut from the console',
    async (dir) => {
      const console = await inFolder(dir, 'anon-racy-1', 'console.log');
      writeFileSync(console, `[    0.000000] booting\n[    9.000000] ${END_MARK}\n`);
    },
    /^console.log: shows no splat, and the step ended as splat/,
  ],
  [
    'and its end is another, with counters to match',
    async (dir) => {
      const console = await inFolder(dir, 'anon-racy-1', 'console.log');
      writeFileSync(console, `[    0.000000] booting\n[    9.000000] ${END_MARK}\n`);
      await editLines(dir, 'anon-racy-1', 'workload.jsonl', (line, at) => (at === 0 ? line : null));
      const workload = await inFolder(dir, 'anon-racy-1', 'workload.jsonl');
      writeFileSync(workload, readFileSync(workload, 'utf8') + ended(5000));
      await endAs('anon-racy-1', { kind: 'completed' })(dir);
    },
    /^step.json: a race of 20 s completed within 12 s/,
  ],
  [
    'the trial that crashed was the host’s fault',
    endAs('anon-racy-1', { kind: 'host-fault', message }),
    /^console.log: shows BUG: .*; the step ended as host-fault/,
  ],
  [
    'or its boot failed',
    endAs('anon-racy-1', { kind: 'boot-failed', message }, null),
    /^workload.jsonl: a program ran, and the step ended as boot-failed/,
  ],
  [
    'or it ran on another kernel',
    endAs('anon-racy-1', { kind: 'wrong-kernel', message }, 'feedbeef'),
    /^workload.jsonl: a program ran, and the step ended as wrong-kernel/,
  ],
  [
    'or only its build id is another',
    (dir) => editEnd(dir, 'anon-racy-1', () => ({ guestBuildId: 'feedbeef' })),
    /^step.json: the step ended as splat, and its guest reported build feedbeef; its kernel is /,
  ],
  [
    'a hang was a workload that failed',
    endAs('anon-hung-0', { kind: 'program-failed', message }),
    /^workload.jsonl: swapin-0 made no progress to the last; the step ended as program-failed/,
  ],
  [
    'a trial that completed was lost',
    endAs('anon-stock-0', { kind: 'guest-lost', message, machine: null }),
    /^console.log: has the mark of a program that completed; the step ended as guest-lost/,
  ],
  [
    'counters are those of another trial',
    async (dir) =>
      cpSync(
        await inFolder(dir, 'anon-stock-0', 'workload.jsonl'),
        await inFolder(dir, 'anon-stock-1', 'workload.jsonl'),
      ),
    /^workload.jsonl: seed is \d+, asked for \d+/,
  ],
  [
    'the plan accepts what came',
    (dir) => edit(join(dir, 'run.json'), /("racy": \{\s+"accept": \[\s+)"not-reproduced"/, '$1"target"'),
    /^run.json: plan.probes.0.expect.racy.accept.0 is "target", recomputed "not-reproduced"/,
  ],
  [
    'the plan has another seed',
    async (dir) => {
      const { plan } = await readHeader(dir, PROBES);
      edit(join(dir, 'run.json'), `"seed": ${plan.seed},\n    "alpha"`, '"seed": 7,\n    "alpha"');
    },
    /^run.json: plan.seed is 7, recomputed \d+/,
  ],
  [
    'a variant is another series',
    (dir) => edit(join(dir, 'run.json'), /("describe": "stock",[^]*?"series": )\[\]/, '$1["/some/series"]'),
    /^run.json: plan.variants.3.series.0 is "\/some\/series", recomputed absent/,
  ],
  [
    'a variant that crashed did not build',
    async (dir) => {
      editHeader(dir, ({ kernels: { racy: _racy, ...kernels } }) => ({ kernels }));
      await rewriteSteps(dir, (step) => (step.variant === 'racy' ? null : step));
    },
    /^run.json: there is no kernel of racy, and no trouble that says why/,
  ],
  [
    'the kernel of a variant is another build',
    async (dir) => {
      editHeader(dir, ({ kernels }) => ({
        kernels: { ...kernels, stock: { ...kernels['stock']!, buildId: 'feedbeef' } },
      }));
      await rewriteSteps(dir, (step) => (step.variant === 'stock' ? { ...step, buildId: 'feedbeef' } : step));
    },
    /^step.json: the step ended as completed, and its guest reported build \w+; its kernel is feedbeef/,
  ],
  [
    'a hang at a point was a refusal',
    (dir) =>
      editLines(dir, 'placed-stock-0', 'points.jsonl', (line, at) => (at === 1 ? outcomeTo('refused')(line) : line)),
    /^points.jsonl: line 2, do_swap_page\+0x4: entry refused does not follow from what was seen/,
  ],
  [
    'an oops at a point was none',
    (dir) => editLines(dir, 'placed-weakened-0', 'points.jsonl', outcomeTo('ok')),
    /^points.jsonl: line 1, do_swap_page: ok does not follow from what was seen/,
  ],
  [
    'a point is deleted',
    (dir) => editLines(dir, 'placed-stock-0', 'points.jsonl', (line, at) => (at === 1 ? null : line)),
    /^points.jsonl: do_swap_page\+0x4 has 0 of 1 attempts/,
  ],
  [
    'and it is taken from the path as well',
    async (dir) => {
      await editLines(dir, 'placed-stock-0', 'points.jsonl', (line, at) => (at === 1 ? null : line));
      const file = await inFolder(dir, 'placed-stock-0', 'path.json');
      const path = JSON.parse(readFileSync(file, 'utf8')) as { points: object[] };
      writeFileSync(file, JSON.stringify({ ...path, points: path.points.filter((_, at) => at !== 1) }));
    },
    /^path.json: its point 1 is not there/,
  ],
  [
    'points were held another way',
    (dir) => editLines(dir, 'placed-stock-0', 'points.jsonl', (line) => line.replace('"preempt"', '"stall"')),
    /^points.jsonl: line 1, do_swap_page: held by stall, asked for preempt/,
  ],
  [
    'a round of a search is deleted',
    (dir) => editLines(dir, 'searched-weakened-0', 'rounds.jsonl', (line, at) => (at === 1 ? null : line)),
    /^rounds.jsonl: line 2 is not of round 1/,
  ],
  [
    'a search found nothing',
    async (dir) => {
      writeFileSync(await inFolder(dir, 'searched-weakened-0', 'console.log'), '[    0.000000] booting\n');
      await editEnd(dir, 'searched-weakened-0', () => ({ kind: 'completed', detail: null }));
      await rewriteSteps(dir, (step) => (step.probe === 'searched' && step.index > 0 ? null : step));
    },
    /^rounds.jsonl: ends at 3 of 8 rounds/,
  ],
  [
    'a replay did not meet what it expects',
    (dir) => editLines(dir, 'searched-weakened-2', 'attempts.jsonl', outcomeTo('refused')),
    /^attempts.jsonl: line 1, do_swap_page: entry refused does not follow from what was seen/,
  ],
  [
    'and not even what was seen shows it',
    async (dir) => {
      const seen = (line: string): string =>
        line.replace('"end":"splat"', '"end":"done"').replace('"majorFaults":1', '"majorFaults":0');
      await editLines(dir, 'searched-weakened-2', 'attempts.jsonl', (line) => seen(outcomeTo('refused')(line)));
    },
    /^console.0.log: shows what no attempt does: BUG: /,
  ],
  [
    'an attempt of a replay is deleted',
    (dir) => editLines(dir, 'searched-weakened-2', 'attempts.jsonl', (line, at) => (at === 0 ? null : line)),
    /^attempts.jsonl: has 2 of 3 attempts/,
  ],
];

t.test('what a forger leaves alone is sound', async (t) => {
  t.same((await forged(whole, () => undefined)).problems, []);
  t.same((await forged(measured, () => undefined)).problems, []);
});

for (const [what, forge, found] of FORGERIES)
  t.test(what, async (t) => {
    const { problems } = await forged(whole, forge);
    t.ok(
      problems.some((problem) => found.test(problem)),
      problems.join(' | ') || 'no problem',
    );
  });

t.test('a boot without the contender is deleted from a block of a latency run', async (t) => {
  const { problems } = await forged(measured, (dir) => {
    let first = true;
    return rewriteSteps(dir, (step) => {
      const isQuiet = (step.args as { role?: string }).role === 'quiet' && first;
      if (isQuiet) first = false;
      return isQuiet ? null : step;
    });
  });
  t.match(problems.join('\n'), /^manifest.jsonl: line \d+ is not the step that follows/m);
});

t.test('the bug stays the bug, whatever is said of the host', async (t) => {
  const { verdict } = await forged(whole, endAs('anon-racy-1', { kind: 'host-fault', message }));
  t.match(verdict.probes[0]?.variants[1], { variant: 'racy', outcome: 'target' });
});

t.test('a run that is said to have been interrupted may lack steps, and says so', async (t) => {
  const { verdict, problems } = await forged(whole, async (dir) => {
    editHeader(dir, () => ({ troubles: [{ fault: 'interrupted', variant: null, message: 'Interrupted' }] }));
    await rewriteSteps(dir, (step) => (step.probe === 'searched' ? null : step));
  });
  t.same(problems, []);
  t.equal(verdict.status, 130);
});
