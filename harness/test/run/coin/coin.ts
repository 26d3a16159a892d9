// SPDX-License-Identifier: GPL-2.0-only
/** A kind of probe that nobody ships: each step tosses a coin, and a variant is bad when it falls on its edge. */
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { countSteps, type StepOutcome } from '../../../model/outcome.ts';
import {
  probeSpec,
  stepName,
  type KeyValues,
  type ProbedVariant,
  type ProbeKind,
  type ProbeVerdict,
  type Seen,
} from '../../../model/probe.ts';
import type { Point } from '../../../model/section.ts';
import type { Stage } from '../../../probe/stage.ts';

const spec = z
  .strictObject({ kind: z.literal('coin'), ...probeSpec, tosses: z.number(), steps: z.number() })
  .readonly();
type Coin = z.infer<typeof spec>;
const args = z.strictObject({ tosses: z.number() });
const finding = z.strictObject({ heads: z.number(), edges: z.number(), whole: z.boolean() });
type Finding = z.infer<typeof finding>;
type CoinSeen = Seen<z.infer<typeof args>, Finding>;

const keys = {
  tosses: z.number({ error: 'needs a number of tosses' }),
  steps: z.number({ error: 'needs a number of steps' }),
};

const outcomeOf = ({ finding: { edges, whole } }: CoinSeen): StepOutcome =>
  !whole ? 'inconclusive' : edges > 0 ? 'target' : 'ok';

const TITLE = 'coin: fell on its edge';

/** Variants that fall on their edge; a test may add some. */
export const onEdge = new Set(['bad']);

export const coin: ProbeKind<Coin, z.infer<typeof args>, Finding, Stage> = {
  kind: 'coin',
  plan: {
    shape: keys,
    required: ['tosses', 'control', 'expect'],
    defaults: ['tosses', 'steps', 'control', 'expect'],
    check: ({ tosses }) =>
      typeof tosses === 'number' && tosses < 1 ? [{ path: ['tosses'], message: 'a coin has to be tossed' }] : [],
    resolve: (common, { tosses = 1, steps = 2 }: KeyValues<typeof keys>) => ({
      ...common,
      kind: 'coin',
      tosses,
      steps,
    }),
  },
  spec,
  args,
  finding,
  outline: ({ id, tosses, steps, variants }) => ({
    lines: [`${id}: a coin, ${tosses} tosses`, ...variants.map((variant) => `${variant}: ${steps} steps`)],
    least: steps * variants.length,
    most: steps * variants.length,
  }),
  next: ({ tosses, steps, variants }, seen, { unavailable }) => {
    for (const variant of variants.filter((each) => !(each in unavailable))) {
      const index = seen.filter(({ step }) => step.variant === variant).length;
      if (index < steps) return { kind: 'step', step: { variant, index, args: { tosses }, reason: 'more' } };
    }
    return { kind: 'done', reasons: {} };
  },
  run: async ({ variant, seed, args: { tosses } }, _probe, { files, signal, progress }) => {
    const startedAt = new Date().toISOString();
    const path = files.path('tosses.txt');
    const known = await import('node:fs').then(({ existsSync, readFileSync }) =>
      existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0,
    );
    await writeFile(files.path('console.log'), `tossing ${variant}\n`);
    for (let toss = known; toss < tosses; toss++) {
      signal.throwIfAborted();
      const face = onEdge.has(variant) && toss === 2 ? 'edge' : (seed >> toss) % 2 === 0 ? 'head' : 'tail';
      await appendFile(path, `${face}\n`);
      progress(`${toss + 1} of ${tosses}`);
      await sleep(1);
    }
    const endedAt = new Date().toISOString();
    return { kind: 'completed', message: '', guestBuildId: 'beef', startedAt, endedAt, detail: { resumedAt: known } };
  },
  derive: async ({ args: { tosses } }, _probe, end, files) => {
    const faces = ((await files.text('tosses.txt')) ?? '').split('\n').slice(0, -1);
    const count = (face: string): number => faces.filter((each) => each === face).length;
    const whole = end.kind === 'completed' && faces.length === tosses;
    return { heads: count('head'), edges: count('edge'), whole };
  },
  contradictions: async (_probe, { end: { kind } }) =>
    kind === 'completed' ? [] : [{ file: null, what: `a toss ended as ${kind}` }],
  brief: (_probe, seen) => ({
    outcome: outcomeOf(seen),
    words: seen.finding.edges > 0 ? TITLE : '',
    void: false,
    measured: { value: seen.step.args.tosses, unit: 'tosses' },
    titles: seen.finding.edges > 0 ? [TITLE] : [],
    splat: null,
    cells: { heads: seen.finding.heads, edges: seen.finding.edges },
  }),
  judge: (probe, seen) => {
    const variants = probe.variants.map((variant) => judged(probe, variant, of(seen, variant)));
    const shows = variants.some(({ variant, outcome }) => variant === probe.control && outcome === 'target');
    const blind = shows ? null : `its control ${probe.control} never fell on its edge`;
    return { probe: probe.id, kind: 'coin', blind, variants, statuses: [] };
  },
  show: (probe, seen, verdict) => ({
    id: probe.id,
    title: `${probe.id}: a coin, ${probe.tosses} tosses; control ${probe.control}`,
    blind: verdict.blind,
    rows: verdict.variants.map(({ variant, outcome, reason }) => ({
      variant,
      outcome,
      cells: [`${of(seen, variant).length} steps`, reason],
      narrow: [`${of(seen, variant).length}`, reason],
      remarks: [],
    })),
    legend: ['(edge: what a coin must not do)'],
    notes: [],
    prose: ['Coins are tossed.'],
    findings: verdict.variants
      .filter(({ outcome }) => outcome === 'target')
      .map(({ variant, counts }) => ({
        ...{ title: TITLE, target: true, variant, count: counts.target, unit: 'step', splat: null, lines: [] },
        step: stepName({ probe: probe.id, variant, index: 0 }),
      })),
    plots: [
      { kind: 'strip', title: 'Tosses', rows: [{ name: 'bad', text: 'all', cells: '..#', title: 'bad' }] },
      {
        kind: 'curves',
        title: 'C',
        caption: 'c',
        x: 'x',
        y: 'y',
        log: 'none',
        curves: [{ name: 'a', points: [[0, 1]] }],
      },
      { kind: 'race', title: 'R', left: 'one', right: 'two', steps: [{ column: 'left', depth: 0, text: 'falls' }] },
      { kind: 'table', title: 'Faces', head: ['variant', 'edges'], rows: [['bad', '2']] },
    ],
    points: verdict.variants.map((each) => pointOf(each, of(seen, each.variant))),
  }),
  trend: (_probe, seen, { variants }) =>
    variants.map(({ variant }) => ({
      variant,
      name: 'heads',
      value: {
        kind: 'ratio',
        ratio: null,
        absolute: of(seen, variant).reduce((sum, { finding: { heads } }) => sum + heads, 0),
        unit: 'heads',
      },
    })),
};

function of(seen: readonly CoinSeen[], variant: string): CoinSeen[] {
  return seen.filter(({ step }) => step.variant === variant);
}

function judged({ expect }: Coin, variant: string, seen: readonly CoinSeen[]): ProbedVariant {
  const counts = countSteps(seen.map(outcomeOf));
  const outcome = counts.target > 0 ? 'target' : counts.ok > 0 ? 'closed' : 'inconclusive';
  const met = expect[variant]?.accept.includes(outcome) === true;
  return {
    ...{ variant, outcome, counts, unit: 'step', figures: { tosses: seen.length } },
    reason: `${counts.target} on the edge`,
    signatures: counts.target > 0 ? [{ title: TITLE, count: counts.target, target: true }] : [],
    expectation: met ? { kind: 'met' } : { kind: 'missed', message: `got ${outcome}` },
  };
}

function pointOf({ variant, reason, expectation }: ProbeVerdict['variants'][number], seen: readonly CoinSeen[]): Point {
  const steps = seen.map(({ step }) => stepName(step));
  const status = expectation.kind === 'met' ? 'pass' : 'fail';
  return { id: variant, status, message: status === 'pass' ? '' : reason, details: [reason], splat: null, steps };
}
